use proptest::prelude::*;

use super::*;

fn account(number: u64) -> Account {
    let name = (number % 2 == 1).then(|| format!("Account {number}").into());
    Account { name, ..Account::by_id(AccountId::of_number(number).unwrap()) }
}

fn stopped(place: Place<'_>) -> Problem {
    let id = place.account.map(|account| account.id.to_string()).unwrap_or_default();
    Problem::missing("the recorder is stopped")
        .said(format!("recorder of {id} is stopped"))
        .mend(vec![format!("# in account {id}"), format!("start --region {}", place.region.unwrap_or_default())])
}

#[test]
fn a_place_takes_eight_bytes() {
    assert_eq!(size_of::<Kept>(), 8);
}

proptest! {
    #[test]
    fn a_place_comes_back(number in 1_u64..1_000_000_000_000, region: u16, is_organization: bool) {
        let account = AccountId::of_number(number).filter(|_| !is_organization);
        let kept = Kept::new(account, region);
        prop_assert_eq!((kept.account(), kept.region()), (account, region));
    }

    /// Who answers first changes nothing, and whoever is told twice counts once.
    #[test]
    fn the_order_changes_nothing(mut places in prop::collection::vec((1_u64..6, 0_usize..3), 1..30), seed: u64) {
        const REGIONS: [&str; 3] = ["us-east-1", "eu-central-1", "ap-south-1"];
        let found = |places: &[(u64, usize)]| {
            let book = Book::default();
            for (number, region) in places {
                let account = account(*number);
                let place = Place { account: Some(&account), region: Some(REGIONS[*region]) };
                book.tell(Check::Recorder, place, [stopped(place)]);
            }
            let found = book.close();
            let group = found.groups[0].clone();
            let listed: Vec<(Option<AccountId>, Option<Arc<str>>)> = group
                .helped
                .iter()
                .flat_map(|helped| found.places(helped))
                .map(|place| (place.account, place.region))
                .collect();
            (group.message, listed, found.total(State::Missing))
        };
        let first = found(&places);
        let distinct: BTreeSet<_> = places.iter().copied().collect();
        prop_assert_eq!(first.2, distinct.len() as u64);
        prop_assert!(first.1.is_sorted());
        fastrand::Rng::with_seed(seed).shuffle(&mut places);
        prop_assert_eq!(found(&places), first);
    }
}

#[test]
fn what_is_the_same_is_told_once() {
    let book = Book::default();
    let accounts: Vec<Account> = (1..=500).map(account).collect();
    for account in &accounts {
        for region in ["eu-central-1", "us-east-1"] {
            let place = Place { account: Some(account), region: Some(region) };
            book.tell(Check::Recorder, place, [stopped(place)]);
            book.tell(Check::EcrRights, place, []);
        }
    }
    let found = book.close();
    assert_eq!((found.groups.len(), found.groups[0].helped.len()), (1, 1));
    assert_eq!((found.groups[0].places(), found.total(State::Missing)), (1_000, 1_000));
    assert_eq!(found.all_right, [(Check::EcrRights, 1_000)].into());
    assert_eq!(found.names.len(), 250);
    // The book was closed.
    assert_eq!(book.close(), Found::default());
}

#[test]
fn the_worst_of_a_check_comes_first() {
    let book = Book::default();
    for problem in [Problem::to_come("c"), Problem::unknown("b"), Problem::missing("a")] {
        book.tell(Check::Role, Place::default(), [problem]);
    }
    book.tell(Check::Organization, Place::default(), [Problem::unknown("d")]);
    let shown: Vec<_> = book.close().groups.into_iter().map(|group| (group.check, group.state)).collect();
    assert_eq!(
        shown,
        [
            (Check::Organization, State::Unknown),
            (Check::Role, State::Missing),
            (Check::Role, State::Unknown),
            (Check::Role, State::ToCome)
        ]
    );
}

//! Which Regions of an account are scanned, and which are not and why.

use std::collections::BTreeSet;

use crate::args::Regions;
use crate::aws::regions::AccountRegion;

/// A Region that is not scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unscanned {
    /// `RegionOptStatus` is a value that this version does not know: it may be in use.
    UnknownStatus {
        /// The Region.
        region: String,
        /// `RegionOptStatus`.
        opt_status: String,
    },
    /// The account has not enabled it, or is just enabling or disabling it.
    NotEnabled {
        /// The Region.
        region: String,
        /// `RegionOptStatus`.
        opt_status: String,
    },
    /// The user named it, and the account's list of Regions does not.
    NotListed {
        /// The Region.
        region: String,
    },
}

/// What to do in an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The Regions to scan, in order.
    pub regions: Vec<String>,
    /// Those to tell of.
    pub unscanned: Vec<Unscanned>,
}

/// Plans an account: of the Regions that are wanted, those that it has enabled.
pub fn plan(listed: &[AccountRegion], wanted: &Regions) -> Plan {
    let mut plan = Plan::default();
    let mut ordered: Vec<&AccountRegion> = listed.iter().collect();
    ordered.sort_by(|one, other| one.name.cmp(&other.name));
    ordered.dedup_by(|one, other| one.name == other.name);
    for AccountRegion { name, opt_status } in &ordered {
        if matches!(wanted, Regions::Named(names) if !names.contains(name)) {
            continue;
        }
        let (region, opt_status) = (name.clone(), opt_status.clone());
        match opt_status.as_str() {
            "ENABLED" | "ENABLED_BY_DEFAULT" => plan.regions.push(region),
            "DISABLED" | "ENABLING" | "DISABLING" => plan.unscanned.push(Unscanned::NotEnabled { region, opt_status }),
            _ => plan.unscanned.push(Unscanned::UnknownStatus { region, opt_status }),
        }
    }
    if let Regions::Named(names) = wanted {
        let known: BTreeSet<&str> = ordered.iter().map(|region| region.name.as_str()).collect();
        let unknown = names.iter().filter(|name| !known.contains(name.as_str()));
        plan.unscanned.extend(unknown.map(|region| Unscanned::NotListed { region: region.clone() }));
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(regions: &[(&str, &str)]) -> Vec<AccountRegion> {
        regions
            .iter()
            .map(|(name, status)| AccountRegion { name: (*name).to_owned(), opt_status: (*status).to_owned() })
            .collect()
    }

    #[test]
    fn scans_what_is_enabled_and_tells_of_the_rest() {
        let listed = listed(&[
            ("us-east-1", "ENABLED_BY_DEFAULT"),
            ("af-south-1", "DISABLED"),
            ("eu-south-1", "ENABLED"),
            ("me-south-1", "ENABLING"),
            ("ap-east-1", "SOMETHING_NEW"),
        ]);
        let Plan { regions, unscanned } = plan(&listed, &Regions::All);
        assert_eq!(regions, ["eu-south-1", "us-east-1"]);
        let told: Vec<String> = unscanned
            .iter()
            .map(|unscanned| match unscanned {
                Unscanned::NotEnabled { region, opt_status } => format!("{region} {opt_status}"),
                Unscanned::UnknownStatus { region, opt_status } => format!("{region} {opt_status}?"),
                Unscanned::NotListed { region } => format!("{region} ?"),
            })
            .collect();
        assert_eq!(told, ["af-south-1 DISABLED", "ap-east-1 SOMETHING_NEW?", "me-south-1 ENABLING"]);
    }

    #[test]
    fn tells_of_a_named_region_that_the_account_does_not_list() {
        let listed =
            listed(&[("us-east-1", "ENABLED_BY_DEFAULT"), ("af-south-1", "DISABLED"), ("eu-west-1", "ENABLED")]);
        let wanted = Regions::Named(["us-east-1", "af-south-1", "xx-west-1"].map(str::to_owned).into());
        let Plan { regions, unscanned } = plan(&listed, &wanted);
        assert_eq!(regions, ["us-east-1"]);
        assert_eq!(
            unscanned,
            [
                Unscanned::NotEnabled { region: "af-south-1".to_owned(), opt_status: "DISABLED".to_owned() },
                Unscanned::NotListed { region: "xx-west-1".to_owned() },
            ]
        );
    }
}

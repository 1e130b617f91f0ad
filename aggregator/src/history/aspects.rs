//! What differs between what two runs told of a finding.

use ecr_encryption_core::{ReasonCode, Status};

use super::change::{Aspect, Facts};

/// The states in which a key can be used.
const USABLE: [&str; 2] = ["Enabled", "Updating"];

/// Whether something is to be done or found out.
pub const fn is_open(status: Status) -> bool {
    matches!(status, Status::NonCompliant | Status::Undetermined)
}

/// What differs, in the order in which people ask for it: the verdict, what AWS says, the policy.
pub fn aspects(before: &Facts, after: &Facts) -> Vec<Aspect> {
    let verdict =
        [(Aspect::Status, before.status != after.status), (Aspect::Reason, before.reason_code != after.reason_code)];
    let facts = [
        (Aspect::Level, level(before) != level(after)),
        (Aspect::EncryptionType, before.encryption_type != after.encryption_type),
        (Aspect::Key, is_other_key(before, after)),
        (Aspect::KeyState, before.key_state != after.key_state),
    ];
    let differs = |all: &[(Aspect, bool)]| all.iter().any(|(_, differs)| *differs);
    let of_policy = before.desired_encryption_level != after.desired_encryption_level
        || (differs(&verdict) && !differs(&facts) && !is_told_by_aws(before) && !is_told_by_aws(after));
    let all = verdict.into_iter().chain(facts).chain([(Aspect::Policy, of_policy)]);
    all.filter_map(|(aspect, differs)| differs.then_some(aspect)).collect()
}

/// Whether what is open before and after is worse now: what was not proved is proved to fail, the level is lower, or the
/// key cannot be used any more. A policy that demands more makes nothing worse.
pub fn is_worse(before: &Facts, after: &Facts) -> bool {
    let is_usable = |facts: &Facts| facts.key_state.as_deref().map(|state| USABLE.contains(&state));
    let is_lower = matches!((before.encryption_level, after.encryption_level), (Some(one), Some(other)) if other < one);
    (before.status == Status::Undetermined && after.status == Status::NonCompliant)
        || is_lower
        || (is_usable(before) == Some(true) && is_usable(after) == Some(false))
}

fn level(facts: &Facts) -> impl PartialEq {
    (facts.encryption_level, facts.encryption_level_is_lower_bound)
}

/// A key has several names: what KMS resolved counts, where it could be asked both times.
fn is_other_key(before: &Facts, after: &Facts) -> bool {
    match (&before.kms_key_arn, &after.kms_key_arn) {
        (Some(one), Some(other)) => one != other,
        _ => before.kms_key != after.kms_key,
    }
}

/// Whether the reason is an answer of AWS that the other facts do not hold: another verdict then needs no other policy.
const fn is_told_by_aws(facts: &Facts) -> bool {
    matches!(
        facts.reason_code,
        ReasonCode::KeyNotFound
            | ReasonCode::KeyAccessDenied
            | ReasonCode::RepositoryAccessDenied
            | ReasonCode::ExemptByTag
            | ReasonCode::RepositoryDeleted
            | ReasonCode::LeftScope
    )
}

#[cfg(test)]
mod tests {
    use ecr_encryption_core::EncryptionLevel;
    use rstest::rstest;

    use super::*;
    use crate::report::samples;

    fn facts(change: impl FnOnce(&mut Facts)) -> Facts {
        let mut facts = Facts::from(&samples::non_compliant());
        facts.kms_key = Some("alias/app".to_owned());
        facts.kms_key_arn = Some("key/1".to_owned());
        facts.key_state = Some("Enabled".to_owned());
        facts.encryption_level = Some(EncryptionLevel::AwsKms);
        change(&mut facts);
        facts
    }

    #[rstest]
    #[case::nothing(|_: &mut Facts| (), &[])]
    #[case::words(|after: &mut Facts| after.reason.push('!'), &[])]
    #[case::when(|after: &mut Facts| after.evaluated_at = "2030-01-01T00:00:00Z".parse().unwrap(), &[])]
    #[case::level(|after: &mut Facts| after.encryption_level = None, &[Aspect::Level])]
    #[case::bound(|after: &mut Facts| after.encryption_level_is_lower_bound = true, &[Aspect::Level])]
    #[case::encryption(|after: &mut Facts| after.encryption_type = None, &[Aspect::EncryptionType])]
    #[case::key(|after: &mut Facts| after.kms_key_arn = Some("key/2".to_owned()), &[Aspect::Key])]
    #[case::another_name(|after: &mut Facts| after.kms_key = Some("key/1".to_owned()), &[])]
    #[case::unresolved(|after: &mut Facts| after.kms_key_arn = None, &[])]
    #[case::another_unresolved(
        |after: &mut Facts| (after.kms_key_arn, after.kms_key) = (None, Some("alias/b".to_owned())), &[Aspect::Key]
    )]
    #[case::no_key(|after: &mut Facts| (after.kms_key_arn, after.kms_key) = (None, None), &[Aspect::Key])]
    #[case::state(|after: &mut Facts| after.key_state = Some("Disabled".to_owned()), &[Aspect::KeyState])]
    #[case::demand(|after: &mut Facts| after.desired_encryption_level = EncryptionLevel::AwsKms, &[Aspect::Policy])]
    #[case::another_demand(
        |after: &mut Facts| after.reason_code = ReasonCode::KeyNotAllowed, &[Aspect::Reason, Aspect::Policy]
    )]
    #[case::exempted_by_the_policy(
        |after: &mut Facts| (after.status, after.reason_code) = (Status::Exempt, ReasonCode::ExemptByName),
        &[Aspect::Status, Aspect::Reason, Aspect::Policy]
    )]
    #[case::a_tag_is_no_policy(
        |after: &mut Facts| (after.status, after.reason_code) = (Status::Exempt, ReasonCode::ExemptByTag),
        &[Aspect::Status, Aspect::Reason]
    )]
    #[case::a_denial_is_no_policy(
        |after: &mut Facts| (after.status, after.reason_code) = (Status::Undetermined, ReasonCode::KeyAccessDenied),
        &[Aspect::Status, Aspect::Reason]
    )]
    #[case::the_key_went_bad(
        |after: &mut Facts| {
            (after.reason_code, after.key_state) = (ReasonCode::KeyDisabled, Some("Disabled".to_owned()));
        },
        &[Aspect::Reason, Aspect::KeyState]
    )]
    fn what_differs(#[case] change: fn(&mut Facts), #[case] expected: &[Aspect]) {
        let (before, after) = (facts(|_| ()), facts(change));
        assert_eq!(aspects(&before, &after), expected);
        assert_eq!(aspects(&after, &before), expected, "the other way round");
    }

    #[rstest]
    #[case::nothing(|_: &mut Facts| (), false)]
    #[case::a_lower_level(|after: &mut Facts| after.encryption_level = Some(EncryptionLevel::Sse), true)]
    #[case::a_higher_level(|after: &mut Facts| after.encryption_level = Some(EncryptionLevel::AwsCmk), false)]
    #[case::an_unknown_level(|after: &mut Facts| after.encryption_level = None, false)]
    #[case::a_key_disabled(|after: &mut Facts| after.key_state = Some("Disabled".to_owned()), true)]
    #[case::a_key_unknown(|after: &mut Facts| after.key_state = None, false)]
    #[case::a_key_updating(|after: &mut Facts| after.key_state = Some("Updating".to_owned()), false)]
    #[case::more_demanded(|after: &mut Facts| after.desired_encryption_level = EncryptionLevel::ExternalKeyStore, false)]
    #[case::no_longer_proved(|after: &mut Facts| after.status = Status::Undetermined, false)]
    fn what_is_worse(#[case] change: fn(&mut Facts), #[case] expected: bool) {
        assert_eq!(is_worse(&facts(|_| ()), &facts(change)), expected);
    }

    #[test]
    fn proved_to_fail_is_worse_than_not_proved() {
        let unproved = facts(|facts| facts.status = Status::Undetermined);
        assert!(is_worse(&unproved, &facts(|_| ())));
    }
}

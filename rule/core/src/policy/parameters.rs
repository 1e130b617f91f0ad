//! The policy as the parameters of an AWS Config rule: strings under camelCase names.

use std::collections::BTreeMap;

use crate::policy::{InvalidSetting, InvalidValue, Policy, value};

/// The parameters of the rule, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleParameters {
    /// The policy; without overrides, which rule parameters cannot express.
    pub policy: Policy,
    /// The role, path allowed, that the rule assumes in an account other than the function's own.
    pub execution_role_name: Option<String>,
}

const NAMES: [&str; 9] = [
    "desiredEncryptionLevel",
    "kmsKeyArns",
    "kmsKeyAccountIds",
    "requireDualLayer",
    "requireUsableKey",
    "exemptRepositoryNames",
    "exemptTagKey",
    "undeterminedCompliance",
    "executionRoleName",
];

/// Reads rule parameters. A blank value counts as not given; every value is trimmed.
///
/// # Errors
/// The first parameter, by name, that is unknown or whose value is not allowed.
pub fn rule_parameters(given: &BTreeMap<String, String>) -> Result<RuleParameters, InvalidSetting> {
    let mut parameters = RuleParameters::default();
    for (name, text) in given {
        let text = text.trim();
        if !NAMES.contains(&name.as_str()) {
            return Err(InvalidSetting::Unknown {
                name: name.clone(),
                value: text.to_owned(),
                allowed: NAMES.join(", "),
            });
        }
        if !text.is_empty() {
            take(&mut parameters, name, text)
                .map_err(|invalid| InvalidSetting::Value { name: name.clone(), invalid })?;
        }
    }
    Ok(parameters)
}

fn take(parameters: &mut RuleParameters, name: &str, text: &str) -> Result<(), InvalidValue> {
    let RuleParameters { policy, execution_role_name } = parameters;
    match name {
        "desiredEncryptionLevel" => policy.demands.desired_encryption_level = text.parse()?,
        "kmsKeyArns" => {
            let items = value::csv_items(text)?.into_iter().map(value::key_arn_glob);
            policy.demands.kms_key_arns = Some(items.collect::<Result<_, _>>()?);
        }
        "kmsKeyAccountIds" => {
            policy.demands.kms_key_account_ids = Some(value::account_ids(value::csv_items(text)?)?);
        }
        "requireDualLayer" => policy.demands.require_dual_layer = value::boolean(text)?,
        "requireUsableKey" => policy.demands.require_usable_key = text.parse()?,
        "exemptRepositoryNames" => {
            let items = value::csv_items(text)?.into_iter().map(value::repository_glob);
            policy.exemptions.exempt_repository_names = items.collect::<Result<_, _>>()?;
        }
        "exemptTagKey" => policy.exemptions.exempt_tag_key = Some(value::tag_key(text)?),
        "undeterminedCompliance" => policy.undetermined_compliance = text.parse()?,
        _ => *execution_role_name = Some(value::role_name(text)?),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::encryption::EncryptionLevel;
    use crate::policy::{RequireUsableKey, UndeterminedCompliance};

    fn parameters(pairs: &[(&str, &str)]) -> Result<RuleParameters, InvalidSetting> {
        rule_parameters(&pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn nothing_given_is_the_default_policy() {
        assert_eq!(parameters(&[]).unwrap(), RuleParameters::default());
        let blank: Vec<_> = NAMES.map(|name| (name, " ")).to_vec();
        assert_eq!(parameters(&blank).unwrap(), RuleParameters::default());
    }

    #[test]
    fn every_parameter_is_taken() {
        let taken = parameters(&[
            ("desiredEncryptionLevel", "cloudhsm"),
            ("kmsKeyArns", "arn:aws:kms:*, *:111122223333:key/*"),
            ("kmsKeyAccountIds", "111122223333,444455556666"),
            ("requireDualLayer", "true"),
            ("requireUsableKey", "proven"),
            ("exemptRepositoryNames", "sandbox/*, *-cache"),
            ("exemptTagKey", "encryption-exempt"),
            ("undeterminedCompliance", "NOT_APPLICABLE"),
            ("executionRoleName", "security/EcrEncryptionAudit"),
        ])
        .unwrap();
        let demands = taken.policy.demands;
        assert_eq!(demands.desired_encryption_level, EncryptionLevel::CloudHsm);
        assert_eq!(demands.kms_key_arns.unwrap().len(), 2);
        assert_eq!(demands.kms_key_account_ids.unwrap().len(), 2);
        assert!(demands.require_dual_layer);
        assert_eq!(demands.require_usable_key, RequireUsableKey::Proven);
        assert_eq!(taken.policy.exemptions.exempt_repository_names.len(), 2);
        assert_eq!(taken.policy.exemptions.exempt_tag_key.as_deref(), Some("encryption-exempt"));
        assert_eq!(taken.policy.undetermined_compliance, UndeterminedCompliance::NotApplicable);
        assert_eq!(taken.execution_role_name.as_deref(), Some("security/EcrEncryptionAudit"));
    }

    #[rstest]
    #[case(
        "desiredEncryptionLevel",
        "awscmkk",
        "parameter `desiredEncryptionLevel`: `awscmkk` is not an encryption level; allowed: one of sse, awskms, awscmk, externalcmk, cloudhsm, externalkeystore"
    )]
    #[case("kmsKeyAccountIds", "1234", "parameter `kmsKeyAccountIds`: `1234` is not an account id; allowed: 12 digits")]
    #[case(
        "requireDualLayer",
        "yes",
        "parameter `requireDualLayer`: `yes` is neither true nor false; allowed: true, false"
    )]
    #[case(
        "requireUsableKey",
        "maybe",
        "parameter `requireUsableKey`: `maybe` is no such demand; allowed: true, proven, false"
    )]
    #[case(
        "exemptRepositoryNames",
        "a,,b",
        "parameter `exemptRepositoryNames`: `a,,b` has an empty item; allowed: items separated by single commas"
    )]
    #[case(
        "undeterminedCompliance",
        "COMPLIANT",
        "parameter `undeterminedCompliance`: `COMPLIANT` is no compliance type for this; allowed: NON_COMPLIANT, NOT_APPLICABLE"
    )]
    #[case(
        "executionRoleName",
        "a b",
        "parameter `executionRoleName`: `a b` is not a role name; allowed: a role name of 1–64 letters, digits and `_+=,.@-`, behind an optional path such as `security/`"
    )]
    #[case(
        "DesiredEncryptionLevel",
        "sse",
        "unknown parameter `DesiredEncryptionLevel` with value `sse`; allowed: desiredEncryptionLevel, kmsKeyArns, kmsKeyAccountIds, requireDualLayer, requireUsableKey, exemptRepositoryNames, exemptTagKey, undeterminedCompliance, executionRoleName"
    )]
    fn errors_name_parameter_value_and_what_is_allowed(#[case] name: &str, #[case] value: &str, #[case] message: &str) {
        assert_eq!(parameters(&[(name, value)]).unwrap_err().to_string(), message);
    }
}

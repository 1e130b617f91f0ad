//! Which Regions of an account are scanned, and which are not and why.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::args::Regions;
use crate::aws::regions::AccountRegion;
use crate::coverage::DisabledRegion;

/// A Region that is not scanned, although repositories may be there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unscanned {
    /// `RegionOptStatus` is a value that this version does not know: it may be in use.
    UnknownStatus {
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Plan {
    /// The Regions to scan, in order.
    pub regions: Vec<String>,
    /// Those that the account has not enabled, or is just enabling or disabling.
    pub disabled: Vec<DisabledRegion>,
    /// Those to tell of as gaps.
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
            "DISABLED" | "ENABLING" | "DISABLING" => plan.disabled.push(DisabledRegion { region, opt_status }),
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
        let Plan { regions, disabled, unscanned } = plan(&listed, &Regions::All);
        assert_eq!(regions, ["eu-south-1", "us-east-1"]);
        let told: Vec<String> = disabled.iter().map(|one| format!("{} {}", one.region, one.opt_status)).collect();
        assert_eq!(told, ["af-south-1 DISABLED", "me-south-1 ENABLING"]);
        let (region, opt_status) = ("ap-east-1".to_owned(), "SOMETHING_NEW".to_owned());
        assert_eq!(unscanned, [Unscanned::UnknownStatus { region, opt_status }]);
    }

    #[test]
    fn tells_of_a_named_region_that_the_account_does_not_list() {
        let listed =
            listed(&[("us-east-1", "ENABLED_BY_DEFAULT"), ("af-south-1", "DISABLED"), ("eu-west-1", "ENABLED")]);
        let wanted = Regions::Named(["us-east-1", "af-south-1", "xx-west-1"].map(str::to_owned).into());
        let Plan { regions, disabled, unscanned } = plan(&listed, &wanted);
        assert_eq!(regions, ["us-east-1"]);
        let opt_status = "DISABLED".to_owned();
        assert_eq!(disabled, [DisabledRegion { region: "af-south-1".to_owned(), opt_status }]);
        assert_eq!(unscanned, [Unscanned::NotListed { region: "xx-west-1".to_owned() }]);
    }
}

//! AWS's commercial Regions, as Account Management's documentation lists them.

use crate::organization::{Organization, RegionStatus};

const DEFAULT_REGIONS: [&str; 17] = [
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "eu-central-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-north-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
];

const OPT_IN_REGIONS: [&str; 17] = [
    "af-south-1",
    "ap-east-1",
    "ap-east-2",
    "ap-south-2",
    "ap-southeast-3",
    "ap-southeast-4",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ca-west-1",
    "eu-central-2",
    "eu-south-1",
    "eu-south-2",
    "il-central-1",
    "me-central-1",
    "me-south-1",
    "mx-central-1",
];

/// The Regions of an account that doesn't say otherwise. A generated organization's enabled Regions
/// come first; what follows them is disabled.
pub fn of(organization: &Organization) -> Vec<(String, RegionStatus)> {
    let named = |name: &str, status| (name.to_owned(), status);
    if !organization.regions.is_empty() {
        return organization.regions.iter().map(|name| named(name, RegionStatus::EnabledByDefault)).collect();
    }
    let enabled = organization.generate.as_ref().map_or(DEFAULT_REGIONS.len(), |sizes| sizes.regions);
    let by_default = DEFAULT_REGIONS.iter().take(enabled).map(|name| named(name, RegionStatus::EnabledByDefault));
    let opt_in = OPT_IN_REGIONS.iter().enumerate().map(|(index, name)| {
        if index + DEFAULT_REGIONS.len() < enabled {
            named(name, RegionStatus::Enabled)
        } else {
            named(name, RegionStatus::Disabled)
        }
    });
    by_default.chain(opt_in).collect()
}

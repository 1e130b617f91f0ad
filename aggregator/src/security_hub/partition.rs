//! Partitions, by their Regions.

/// The partition of a Region, as ARNs name it.
pub fn of_region(region: &str) -> &'static str {
    /// A Region's name begins with its partition's, but in the largest one.
    const PARTITIONS: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}

/// What the finding format calls a partition, where it has a word for it.
pub fn in_asff(partition: &str) -> Option<&'static str> {
    match partition {
        "aws" => Some("aws"),
        "aws-cn" => Some("aws-cn"),
        "aws-us-gov" => Some("aws-us-gov"),
        "aws-iso" => Some("aws-us-iso"),
        "aws-iso-b" => Some("aws-us-iso-b"),
        _ => None,
    }
}

/// The ARN of the product that an account's own findings are of.
pub fn product_arn(account_id: &str, region: &str) -> String {
    format!("arn:{}:securityhub:{region}:{account_id}:product/{account_id}/default", of_region(region))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("eu-central-1", "aws")]
    #[case("us-east-1", "aws")]
    #[case("il-central-1", "aws")]
    #[case("cn-northwest-1", "aws-cn")]
    #[case("us-gov-west-1", "aws-us-gov")]
    #[case("us-iso-east-1", "aws-iso")]
    #[case("us-isob-east-1", "aws-iso-b")]
    #[case("eu-isoe-west-1", "aws-iso-e")]
    #[case("eusc-de-east-1", "aws-eusc")]
    fn regions(#[case] region: &str, #[case] partition: &str) {
        assert_eq!(of_region(region), partition);
        let arn = product_arn("111122223333", region);
        assert_eq!(arn, format!("arn:{partition}:securityhub:{region}:111122223333:product/111122223333/default"));
    }
}

//! Links to what the page's table can show: filters in the address's fragment, as the page's script reads and writes them.

use std::fmt::Write;

use crate::finding::FindingType;

/// The link to the findings with this value.
pub(super) fn findings(name: &str, value: impl AsRef<str>) -> String {
    link(&[(name, value.as_ref())])
}

/// The link to the repositories with this value.
pub(super) fn repositories(name: &str, value: impl AsRef<str>) -> String {
    link(&[(name, value.as_ref()), ("type", FindingType::Repository.as_str())])
}

/// The link to the findings of an account in a Region.
pub(super) fn target(account_id: impl AsRef<str>, region: impl AsRef<str>) -> String {
    link(&[("account", account_id.as_ref()), ("region", region.as_ref())])
}

fn link(filters: &[(&str, &str)]) -> String {
    let mut link = "#?".to_owned();
    for (index, (name, value)) in filters.iter().enumerate() {
        if index > 0 {
            link.push('&');
        }
        link.push_str(name);
        link.push('=');
        for byte in value.bytes() {
            // Commas are between values.
            if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'/' | b':') {
                link.push(byte.into());
            } else {
                // Writing to a string does not fail.
                let _ = write!(link, "%{byte:02X}");
            }
        }
    }
    link
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped() {
        let link = target("111122223333", "Root/A & B, \"C\" é");
        assert_eq!(link, "#?account=111122223333&region=Root/A%20%26%20B%2C%20%22C%22%20%C3%A9");
    }
}

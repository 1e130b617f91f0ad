//! The page's own script and style, built from `aggregator/report-page` by `make report-page`.

use aws_smithy_types::base64;
use sha2::{Digest, Sha256};

/// The script.
pub(super) const SCRIPT: &str = include_str!("assets/report.js");
/// The style.
pub(super) const STYLE: &str = include_str!("assets/report.css");

/// What the page allows itself: to run this script and to use this style, and nothing else.
pub(super) fn policy() -> String {
    let (script, style) = (source(SCRIPT), source(STYLE));
    format!("default-src 'none'; script-src '{script}'; style-src '{style}'; base-uri 'none'; form-action 'none'")
}

/// The source of a Content Security Policy that is this text alone.
fn source(text: &str) -> String {
    format!("sha256-{}", base64::encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_specification() {
        // The example of Content Security Policy Level 3.
        assert_eq!(source("alert('Hello, world.');"), "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
    }

    #[test]
    fn neither_file_ends_its_element_or_loads_anything() {
        for text in [SCRIPT, STYLE] {
            let text = text.to_lowercase();
            for end in ["</script", "</style", "<!--", "@import", "url(", "import("] {
                assert!(!text.contains(end), "{end}");
            }
        }
    }
}

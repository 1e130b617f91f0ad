//! Texts that fit the format.

use sha2::{Digest, Sha256};

use crate::history::manifest::hexadecimal;

/// `Title`, in characters.
pub const TITLE: usize = 256;
/// `Description`, in characters.
pub const DESCRIPTION: usize = 1_024;
/// `Remediation.Recommendation.Text`, in characters.
pub const RECOMMENDATION: usize = 512;
/// `Id`, in characters.
pub const ID: usize = 512;
/// `Resources[].Id`, in characters: AWS gives no limit, so the finding's own is kept.
pub const RESOURCE_ID: usize = 512;
/// A value of `ProductFields`, in characters.
pub const PRODUCT_FIELD: usize = 2_048;
/// A value of `Resources[].Details.Other`: fewer than 1,024 characters.
pub const OTHER_DETAIL: usize = 1_023;
/// `Note.Text`, in characters.
pub const NOTE: usize = 512;

/// One finding, in bytes: AWS's limit is 240 KB, whichever KB that is.
pub const FINDING_BYTES: usize = 240_000;
/// The findings of one `BatchImportFindings` together: AWS's limit is 6 MB, and something is left for what is around them.
pub const BATCH_BYTES: usize = 5_500_000;
/// The findings of one `BatchImportFindings` or `BatchUpdateFindings`.
pub const BATCH: usize = 100;

/// `text`, cut with an ellipsis to `most` characters. The format has no empty texts, nor blank ones: `instead` takes their place.
pub(super) fn fitted(text: &str, most: usize, instead: &str) -> String {
    let text = if text.trim().is_empty() { instead } else { text };
    if text.char_indices().nth(most).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// `text`, or the beginning of it and a digest of the whole where it is longer than `most` characters: what names something
/// must not become the name of something else.
pub(super) fn named(text: String, most: usize) -> String {
    if text.chars().count() <= most {
        return text;
    }
    let digest = hexadecimal(&Sha256::digest(&text));
    let kept: String = text.chars().take(most.saturating_sub(digest.len() + 1)).collect();
    format!("{kept}-{digest}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("short", 5, "short")]
    #[case("longer", 5, "long…")]
    #[case("two words", 5, "two…")]
    #[case("日本語です", 3, "日本…")]
    #[case("", 5, "none")]
    #[case(" \n", 5, "none")]
    fn texts_are_cut_between_characters(#[case] text: &str, #[case] most: usize, #[case] expected: &str) {
        assert_eq!(fitted(text, most, "none"), expected);
    }

    #[test]
    fn what_names_something_stays_another_name() {
        let (one, other) = (format!("{}1", "x".repeat(600)), format!("{}2", "x".repeat(600)));
        let (one, other) = (named(one, ID), named(other, ID));
        assert_ne!(one, other);
        assert_eq!((one.len(), other.len()), (ID, ID));
        assert_eq!(named("short".to_owned(), ID), "short");
    }

    proptest! {
        #[test]
        fn nothing_is_too_long_or_blank(text in ".{0,40}", most in 1_usize..30) {
            let fitted = fitted(&text, most, "-");
            prop_assert!(fitted.chars().count() <= most);
            prop_assert!(!fitted.trim().is_empty());
        }
    }
}

//! How many calls may be under way at once, as the user says it.

use std::fmt;
use std::str::FromStr;

use ecr_encryption_core::InvalidValue;

/// `auto`, or a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Concurrency {
    /// As many as AWS and this machine answer without a queue: between 8 and 512, from 32 on.
    #[default]
    Auto,
    /// So many: from 1 to 1,024.
    Fixed(u16),
}

impl Concurrency {
    /// How many there can ever be.
    pub fn most(self) -> usize {
        match self {
            Self::Auto => 512,
            Self::Fixed(number) => usize::from(number),
        }
    }

    /// How many there are at least, unless there is nothing to do.
    pub fn least(self) -> usize {
        match self {
            Self::Auto => 8,
            Self::Fixed(number) => usize::from(number),
        }
    }

    /// How many there are at first.
    pub fn initial(self) -> usize {
        match self {
            Self::Auto => 32,
            Self::Fixed(number) => usize::from(number),
        }
    }
}

impl FromStr for Concurrency {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        match text.parse() {
            Ok(number @ 1..=1_024) => Ok(Self::Fixed(number)),
            _ => Err(InvalidValue::new(
                text,
                "is not a limit for the calls under way",
                "`auto`, or a number from 1 to 1024",
            )),
        }
    }
}

impl fmt::Display for Concurrency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::Fixed(number) => number.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("auto", Some(Concurrency::Auto))]
    #[case("1", Some(Concurrency::Fixed(1)))]
    #[case("1024", Some(Concurrency::Fixed(1_024)))]
    #[case("0", None)]
    #[case("1025", None)]
    #[case("-1", None)]
    #[case("Auto", None)]
    #[case("", None)]
    fn is_auto_or_a_number(#[case] text: &str, #[case] expected: Option<Concurrency>) {
        assert_eq!(text.parse().ok(), expected);
    }
}

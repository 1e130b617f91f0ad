//! The names of repositories that do not exist yet.

use crate::glob::Glob;

/// All names under a prefix, but for those that somebody else sees to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names {
    start: String,
    except: Vec<String>,
}

/// The prefix that stands for every name in the registry.
pub(crate) const ROOT: &str = "ROOT";

/// What every name under ECR's `prefix` begins with: ECR assumes a `/` at the end of each, and `ROOT` is for any name.
pub(crate) fn start_of(prefix: &str) -> String {
    if prefix == ROOT { String::new() } else { format!("{}/", prefix.trim_end_matches('/')) }
}

impl Names {
    /// The names under `prefix`, but not those under one of `except`.
    pub(crate) fn under(prefix: &str, except: &[String]) -> Self {
        Self { start: start_of(prefix), except: except.iter().map(|prefix| start_of(prefix)).collect() }
    }

    /// Whether one of the names may match `pattern`; never `false` where one does.
    pub(crate) fn some_may_match(&self, pattern: &Glob) -> bool {
        pattern.matches_some_from(&self.start)
            && !self.except.iter().any(|start| pattern.literal_start().starts_with(start))
    }

    /// Whether all of the names match `pattern`; never `true` where one does not.
    pub(crate) fn all_match(&self, pattern: &Glob) -> bool {
        pattern.matches_all_from(&self.start)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::inside("prod", &[], "prod/payments/*", true, false)]
    #[case::the_prefix_itself("prod", &[], "prod/*", true, true)]
    #[case::around_it("prod/team", &[], "prod/*", true, true)]
    #[case::a_slash_is_assumed("prod", &[], "production/*", false, false)]
    #[case::a_slash_may_be_given("prod/", &[], "prod/*", true, true)]
    #[case::the_name_of_the_prefix("prod", &[], "prod", false, false)]
    #[case::elsewhere("prod", &[], "test/*", false, false)]
    #[case::by_an_ending("prod", &[], "*-cache", true, false)]
    #[case::any_name("ROOT", &[], "*", true, true)]
    #[case::some_names("ROOT", &[], "prod/*", true, false)]
    #[case::seen_to_by_another("ROOT", &["prod"], "prod/payments/*", false, false)]
    #[case::not_only_by_another("ROOT", &["prod"], "prod*", true, false)]
    #[case::another_inside("prod", &["prod/team"], "prod/*", true, true)]
    fn names(
        #[case] prefix: &str,
        #[case] except: &[&str],
        #[case] pattern: &str,
        #[case] some: bool,
        #[case] all: bool,
    ) {
        let except: Vec<String> = except.iter().map(|&prefix| prefix.to_owned()).collect();
        let names = Names::under(prefix, &except);
        let pattern = Glob::new(pattern);
        assert_eq!((names.some_may_match(&pattern), names.all_match(&pattern)), (some, all));
    }
}

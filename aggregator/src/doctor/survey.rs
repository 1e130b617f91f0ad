//! Goes to every account.

use std::collections::BTreeSet;
use std::sync::Arc;

use ecr_encryption_core::Policy;
use ecr_encryption_rule::aws::calls::CallCounter;
use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::aws::{AwsLookup, AwsRegistryLookup};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;

use super::book::{Book, Place};
use super::check::Check;
use super::groundwork::Groundwork;
use super::is_active;
use super::organization::{Use, unlisted};
use crate::account::Account;
use crate::args::Include;
use crate::args::Regions;
use crate::args::doctor::DoctorArgs;
use crate::aws::caller::Caller;
use crate::aws::config::AwsConfig;
use crate::aws::regions::{AccountRegion, RegionLister};
use crate::aws::security_hub::AwsSecurityHub;
use crate::config_source::Source;
use crate::coverage::hint::who_asks;
use crate::pace::PacedLookup;
use crate::reporter::Reporter;
use crate::scan::ScanError;
use crate::scan::listing::{AccountBook, Listing};

/// How many accounts are looked at at once, each of them in some Regions: the pacer bounds the calls.
const ACCOUNTS_AT_ONCE: usize = 64;

/// Everything that the parts of a preflight share.
pub struct Survey {
    /// What was found.
    pub book: Book,
    /// Who asks.
    pub caller: Caller,
    /// Counts the calls.
    pub counter: CallCounter,
    /// The account that the deployment is made from.
    pub home_account: String,
    /// In which state nobody can use it, where it is not active.
    pub home_state: Option<Box<str>>,
    /// Whether the home account, which is the caller's, is all that is looked at: it does not matter what the organization allows.
    pub is_of_one_account: bool,
    /// The role to assume, path allowed.
    pub role_name: String,
    /// The role that the deployment brings, path allowed.
    pub deployed_role: String,
    /// The name of the `StackSet`.
    pub stack_set_name: String,
    /// The name of the rule.
    pub rule_name: String,
    /// Where the rule is, or is to be.
    pub rule_regions: BTreeSet<String>,
    /// The configuration aggregator that the scan will read, where the user has named one.
    pub config_aggregator: Option<String>,
    /// Its Region.
    pub config_region: String,
    /// What the deployment makes use of.
    pub used: Use,
    /// Where repositories are to be looked for.
    pub regions: Regions,
    /// The tag that exempts, where one does.
    pub exempt_tag_key: Option<String>,
    /// Regions.
    pub region_lister: RegionLister,
    /// The Regions of the caller's own account, where they are known already.
    pub own_regions: Option<Vec<AccountRegion>>,
    /// AWS Config.
    pub config: AwsConfig,
    /// Repositories, keys and tags.
    pub lookup: PacedLookup<AwsLookup>,
    /// Creation templates and pull-through cache rules, where they are to be judged.
    pub registry: Option<PacedLookup<AwsRegistryLookup>>,
    /// Security Hub, where findings are to be brought there.
    pub hub: Option<AwsSecurityHub>,
    /// Hears how far it is.
    pub reporter: Arc<dyn Reporter>,
    tasks: Mutex<JoinSet<Result<(), ScanError>>>,
}

impl Survey {
    /// A survey as `args` say it.
    #[expect(clippy::too_many_arguments, reason = "each is made before, and elsewhere")]
    pub fn new(
        args: &DoctorArgs,
        policy: &Policy,
        caller: Caller,
        counter: &CallCounter,
        region_lister: RegionLister,
        own_regions: Option<Vec<AccountRegion>>,
        rule_regions: BTreeSet<String>,
        home_state: Option<Box<str>>,
        reporter: Arc<dyn Reporter>,
    ) -> Self {
        let (sdk_config, pacer) = (&caller.sdk_config, &caller.pacer);
        Self {
            book: Book::default(),
            is_of_one_account: is_of_one_account(args, &caller),
            counter: counter.clone(),
            home_account: home_account(args, &caller).to_owned(),
            home_state,
            role_name: args.scope.role_name.clone(),
            deployed_role: args.deployed_role.clone(),
            stack_set_name: args.stack_set.clone(),
            rule_name: args.rule_name.clone(),
            used: Use {
                rule: (!rule_regions.is_empty()).then_some(args.rule_as),
                aggregator: args.aggregator || args.source != Source::Api,
                // As in the CDK app: AWS Config may be all that is read.
                role: !rule_regions.is_empty() || args.source != Source::Config || args.security_hub,
                units: args.scope.organizational_units.as_ref().is_some_and(|units| !units.have_root()),
                source: args.source,
            },
            rule_regions,
            config_aggregator: args.config_aggregator.clone(),
            config_region: args.config_region.clone().unwrap_or_else(|| caller.region()),
            regions: args.scope.regions.clone(),
            exempt_tag_key: policy.exemptions.exempt_tag_key.clone(),
            region_lister,
            own_regions,
            config: AwsConfig::new(sdk_config, counter, pacer.clone()),
            lookup: PacedLookup::new(AwsLookup::new(sdk_config, counter), pacer.clone()),
            registry: args
                .include
                .contains(&Include::Templates)
                .then(|| PacedLookup::new(AwsRegistryLookup::new(sdk_config, counter), pacer.clone())),
            hub: args.security_hub.then(|| AwsSecurityHub::new(sdk_config, counter, pacer.clone())),
            caller,
            reporter,
            tasks: Mutex::default(),
        }
    }

    /// The ARN of the role that the deployment brings into an account.
    pub fn deployed_role_arn(&self, account_id: &str) -> String {
        format!("arn:{}:iam::{account_id}:role/{}", self.caller.partition, self.deployed_role)
    }

    /// Looks at every account of the list.
    ///
    /// # Errors
    /// The caller's credentials have expired.
    pub async fn accounts(self: &Arc<Self>, listing: Listing, groundwork: Groundwork) -> Result<(), ScanError> {
        let groundwork = Arc::new(groundwork);
        let (sender, mut accounts) = mpsc::unbounded_channel();
        let mut tasks = self.tasks.lock().await;
        let visiting = async {
            let mut listing = true;
            while listing || !tasks.is_empty() {
                tokio::select! {
                    Some(done) = tasks.join_next() => done??,
                    account = accounts.recv(), if listing && tasks.len() < ACCOUNTS_AT_ONCE => match account {
                        Some(account) => {
                            let (survey, groundwork) = (Arc::clone(self), Arc::clone(&groundwork));
                            tasks.spawn(async move { survey.visit(account, &groundwork).await });
                        }
                        None => listing = false,
                    },
                }
            }
            Ok(())
        };
        tokio::try_join!(listing.feed(sender, &**self, &self.caller), visiting).map(|_| ())
    }

    /// Ends what is under way: nobody may write into the book once it is closed.
    pub async fn end(&self) {
        self.tasks.lock().await.shutdown().await;
    }
}

/// The account that the deployment is made from.
pub fn home_account<'a>(args: &'a DoctorArgs, caller: &'a Caller) -> &'a str {
    args.home_account.as_deref().unwrap_or(&caller.account_id)
}

/// Whether the user has named no account but the one that the deployment is made from.
pub fn is_of_one_account(args: &DoctorArgs, caller: &Caller) -> bool {
    let home_account = home_account(args, caller);
    args.scope.accounts.as_ref().is_some_and(|accounts| accounts.0.iter().all(|id| id == home_account))
}

impl AccountBook for Survey {
    fn account_known(&self, _account: Arc<Account>) {}

    fn account_found(&self, account: &Arc<Account>) -> bool {
        if !is_active(account) {
            self.book.not_active(account);
            return false;
        }
        let is_new = self.book.found(account);
        if is_new {
            self.reporter.account_found();
        }
        is_new
    }

    fn not_listed(&self, what: &str, fault: &AwsFault, caller: &Caller) {
        let problem = unlisted(what, fault, &who_asks(caller, None));
        self.book.tell(Check::Organization, Place::default(), [problem]);
    }

    fn listing_ends(&self) {
        self.reporter.accounts_listed();
    }
}

//! The services and operations that the simulator knows, from botocore's service models.

/// An AWS service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// AWS Organizations.
    Organizations,
    /// Security Token Service.
    Sts,
    /// Account Management.
    Account,
    /// Elastic Container Registry.
    Ecr,
    /// Key Management Service.
    Kms,
    /// Resource Groups Tagging.
    Tagging,
    /// AWS Config.
    Config,
    /// Security Hub.
    SecurityHub,
    /// `CloudFormation`.
    CloudFormation,
}

/// How a service puts requests and answers on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// awsJson1.1.
    Json,
    /// restJson1.
    RestJson,
    /// awsQuery.
    Query,
}

impl Service {
    /// The name in a signature's credential scope.
    pub fn signing_name(self) -> &'static str {
        match self {
            Self::Organizations => "organizations",
            Self::Sts => "sts",
            Self::Account => "account",
            Self::Ecr => "ecr",
            Self::Kms => "kms",
            Self::Tagging => "tagging",
            Self::Config => "config",
            Self::SecurityHub => "securityhub",
            Self::CloudFormation => "cloudformation",
        }
    }

    /// The prefix of its IAM actions.
    pub fn action_prefix(self) -> &'static str {
        match self {
            Self::Tagging => "tag",
            other => other.signing_name(),
        }
    }

    /// Its protocol.
    pub fn protocol(self) -> Protocol {
        match self {
            Self::Sts | Self::CloudFormation => Protocol::Query,
            Self::Account | Self::SecurityHub => Protocol::RestJson,
            _ => Protocol::Json,
        }
    }

    /// Whether it answers for all Regions from one, us-east-1.
    pub fn is_global(self) -> bool {
        matches!(self, Self::Organizations | Self::Account)
    }

    /// What stands before the dot of `X-Amz-Target`.
    fn target_prefix(self) -> Option<&'static str> {
        match self {
            Self::Organizations => Some("AWSOrganizationsV20161128"),
            Self::Ecr => Some("AmazonEC2ContainerRegistry_V20150921"),
            Self::Kms => Some("TrentService"),
            Self::Tagging => Some("ResourceGroupsTaggingAPI_20170126"),
            Self::Config => Some("StarlingDoveService"),
            Self::Sts | Self::Account | Self::SecurityHub | Self::CloudFormation => None,
        }
    }

    /// The version of its API, which a form of awsQuery names.
    fn query_version(self) -> Option<&'static str> {
        match self {
            Self::Sts => Some("2011-06-15"),
            Self::CloudFormation => Some("2010-05-15"),
            _ => None,
        }
    }

    /// The service of awsQuery whose API has this version.
    pub fn of_query_version(version: &str) -> Option<Self> {
        [Self::Sts, Self::CloudFormation].into_iter().find(|service| service.query_version() == Some(version))
    }

    /// The namespace of its answers in awsQuery.
    pub fn xml_namespace(self) -> &'static str {
        match self {
            Self::CloudFormation => "http://cloudformation.amazonaws.com/doc/2010-05-15/",
            _ => "https://sts.amazonaws.com/doc/2011-06-15/",
        }
    }

    /// The service whose targets begin like this.
    pub fn of_target(target: &str) -> Option<Self> {
        let prefix = target.split_once('.')?.0;
        [Self::Organizations, Self::Ecr, Self::Kms, Self::Tagging, Self::Config]
            .into_iter()
            .find(|service| service.target_prefix() == Some(prefix))
    }
}

macro_rules! operations {
    ($($service:ident { $($operation:ident),+ $(,)? })+) => {
        /// An operation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation { $($($operation),+),+ }

        /// Every operation, in the order of the enumeration.
        pub const ALL_OPERATIONS: &[Operation] = &[$($(Operation::$operation),+),+];

        impl Operation {
            /// The service that it belongs to.
            pub fn service(self) -> Service {
                match self { $($(Self::$operation)|+ => Service::$service),+ }
            }

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $($(Self::$operation => stringify!($operation)),+),+ }
            }
        }
    };
}

operations! {
    Organizations {
        DescribeOrganization, ListAccounts, ListRoots, ListOrganizationalUnitsForParent,
        DescribeOrganizationalUnit, ListAccountsForParent, ListParents, ListAWSServiceAccessForOrganization,
        ListDelegatedAdministrators, ListDelegatedServicesForAccount,
    }
    Sts { GetCallerIdentity, AssumeRole }
    Account { ListRegions }
    Ecr { DescribeRepositories, DescribeRepositoryCreationTemplates, DescribePullThroughCacheRules }
    Kms { DescribeKey }
    Tagging { GetResources }
    Config {
        PutEvaluations, GetResourceConfigHistory, GetComplianceDetailsByConfigRule,
        SelectAggregateResourceConfig, DescribeConfigurationAggregators,
        DescribeConfigurationAggregatorSourcesStatus, GetAggregateDiscoveredResourceCounts,
        DescribeConfigurationRecorders, DescribeConfigurationRecorderStatus, DescribeDeliveryChannels,
        DescribeOrganizationConfigRules, GetOrganizationConfigRuleDetailedStatus,
        DescribeOrganizationConformancePacks, GetOrganizationConformancePackDetailedStatus,
    }
    CloudFormation { DescribeOrganizationsAccess, DescribeStackSet, ListStackInstances }
    SecurityHub { BatchImportFindings, GetFindings, BatchUpdateFindings }
}

impl Operation {
    /// The operation of a service by its name.
    pub fn named(service: Service, name: &str) -> Option<Self> {
        ALL_OPERATIONS.iter().copied().find(|operation| operation.service() == service && operation.name() == name)
    }

    /// Its IAM action, `tag:GetResources`.
    pub fn action(self) -> String {
        format!("{}:{}", self.service().action_prefix(), self.name())
    }

    /// Whether `ecr:DescribeRepositories`, `ecr:*` or `*` means this operation.
    pub fn matches(self, pattern: &str) -> bool {
        let Some((service, name)) = pattern.split_once(':') else {
            return pattern == "*";
        };
        service == self.service().action_prefix() && (name == "*" || name == self.name())
    }
}

//! Look-ups at the run's pace.

use std::future::Future;

use ecr_encryption_core::KeyFacts;
use ecr_encryption_rule::aws::credentials::AccountCredentials;
use ecr_encryption_rule::aws::fault::AwsFault;
use ecr_encryption_rule::lookup::{
    Access, CreationTemplateDescription, Lookup, Page, PullThroughCacheRuleDescription, RegistryLookup,
    RepositoryDescription, RepositoryPage, TagsByArn,
};

use super::{LaneKey, Pacer, Service};

/// Asks another look-up, at the run's pace and with its retries.
#[derive(Debug, Clone)]
pub struct PacedLookup<L> {
    inner: L,
    pacer: Pacer,
}

impl<L> PacedLookup<L> {
    /// `inner` is asked for one attempt at a time, with credentials that it need not renew. It must not retry by itself.
    pub fn new(inner: L, pacer: Pacer) -> Self {
        Self { inner, pacer }
    }

    async fn paced<T, F, R>(&self, service: Service, access: &Access, ask: F) -> Result<T, AwsFault>
    where
        T: Send,
        F: Fn(Access) -> R + Send + Sync,
        R: Future<Output = Result<T, AwsFault>> + Send,
    {
        let key = LaneKey { account_id: &access.account_id, region: &access.region, service };
        let send = |credentials| ask(access.with(AccountCredentials::fixed(credentials)));
        self.pacer.call(key, &access.credentials, send).await
    }
}

impl<L: Lookup> Lookup for PacedLookup<L> {
    async fn repositories(&self, access: &Access, next_token: Option<String>) -> Result<RepositoryPage, AwsFault> {
        self.paced(Service::Ecr, access, |access| {
            let next_token = next_token.clone();
            async move { self.inner.repositories(&access, next_token).await }
        })
        .await
    }

    async fn repository(&self, access: &Access, name: &str) -> Result<RepositoryDescription, AwsFault> {
        self.paced(Service::Ecr, access, |access| async move { self.inner.repository(&access, name).await }).await
    }

    async fn key(&self, access: &Access, key_id: &str) -> Result<KeyFacts, AwsFault> {
        self.paced(Service::Kms, access, |access| async move { self.inner.key(&access, key_id).await }).await
    }

    async fn tags_page(
        &self,
        access: &Access,
        tag_key: &str,
        next_token: Option<String>,
    ) -> Result<(TagsByArn, Option<String>), AwsFault> {
        self.paced(Service::Tagging, access, |access| {
            let next_token = next_token.clone();
            async move { self.inner.tags_page(&access, tag_key, next_token).await }
        })
        .await
    }
}

impl<L: RegistryLookup> RegistryLookup for PacedLookup<L> {
    async fn creation_templates_page(
        &self,
        access: &Access,
        next_token: Option<String>,
    ) -> Result<Page<CreationTemplateDescription>, AwsFault> {
        self.paced(Service::Ecr, access, |access| {
            let next_token = next_token.clone();
            async move { self.inner.creation_templates_page(&access, next_token).await }
        })
        .await
    }

    async fn pull_through_cache_rules_page(
        &self,
        access: &Access,
        next_token: Option<String>,
    ) -> Result<Page<PullThroughCacheRuleDescription>, AwsFault> {
        self.paced(Service::Ecr, access, |access| {
            let next_token = next_token.clone();
            async move { self.inner.pull_through_cache_rules_page(&access, next_token).await }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;
    use aws_types::SdkConfig;
    use ecr_encryption_rule::aws::AwsLookup;
    use ecr_encryption_rule::aws::calls::CallCounter;

    use super::*;
    use crate::pace::Settings;

    /// Thousands of targets may wait for their turn.
    #[test]
    fn who_waits_holds_little_memory() {
        let counter = CallCounter::default();
        let inner = AwsLookup::new(&SdkConfig::builder().build(), &counter);
        let access = Access {
            account_id: "111111111111".to_owned(),
            credentials: AccountCredentials::fixed(Credentials::new("AKID", "secret", None, None, "test")),
            region: "us-east-1".to_owned(),
        };
        let sent = size_of_val(&inner.repositories(&access, None));
        let paced = PacedLookup::new(inner, Pacer::new(Settings::default(), counter));
        let waiting = size_of_val(&paced.repositories(&access, None));
        assert!(waiting < 2_048 && waiting < sent, "{waiting} bytes wait for what takes {sent}");
    }
}

//! The names of organizational units.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use ecr_encryption_rule::aws::fault::{AwsFault, FaultKind};
use futures_util::stream::{self, StreamExt};

use super::organizations::Client;
use crate::account::UnitChain;

/// How many units are described at once.
const AT_ONCE: usize = 16;

/// Reads organizational units, each once.
#[derive(Debug)]
pub(super) struct Units {
    client: Client,
    names: HashMap<String, String>,
    parents: HashMap<String, String>,
    chains: HashMap<Vec<String>, Arc<UnitChain>>,
    /// The refusal to describe units.
    refusal: Option<AwsFault>,
}

impl Units {
    pub(super) fn new(client: Client) -> Self {
        Self { client, names: HashMap::new(), parents: HashMap::new(), chains: HashMap::new(), refusal: None }
    }

    /// The units of an account, with their names; where `ListAccounts` does not tell their ids, their parents are asked.
    pub(super) async fn of(&mut self, ids: Vec<String>, account_id: &str) -> Result<Arc<UnitChain>, AwsFault> {
        let ids = if ids.is_empty() { self.chain(account_id).await? } else { ids };
        if let Some(chain) = self.chains.get(&ids) {
            return Ok(chain.clone());
        }
        let mut names = Vec::with_capacity(ids.len());
        for id in &ids {
            names.push(self.name(id).await?);
        }
        let chain = Arc::new(UnitChain { ids: ids.clone(), path: Some(names.join("/").into()) });
        self.chains.insert(ids, chain.clone());
        Ok(chain)
    }

    /// The name of a root or unit.
    pub(super) async fn name(&mut self, id: &str) -> Result<String, AwsFault> {
        if let Some(name) = self.names.get(id) {
            return Ok(name.clone());
        }
        if id.starts_with("r-") {
            self.roots().await?;
            return self.names.get(id).cloned().ok_or_else(|| not_found("organizations:ListRoots", id));
        }
        // Who may not describe one unit may describe none: that is not asked for each of fifty thousand accounts.
        if let Some(refusal) = &self.refusal {
            return Err(refusal.clone());
        }
        let described = self.describe(id).await;
        self.refusal = described.as_ref().err().filter(|fault| fault.kind == FaultKind::Denied).cloned();
        let name = described?;
        self.names.insert(id.to_owned(), name.clone());
        Ok(name)
    }

    /// Reads the names of units that are not known yet, side by side. What cannot be read is found out again by whoever
    /// needs it.
    pub(super) async fn learn(&mut self, ids: impl IntoIterator<Item = String>) {
        let unknown: BTreeSet<String> =
            ids.into_iter().filter(|id| id.starts_with("ou-") && !self.names.contains_key(id)).collect();
        // One alone tells whether they may be read at all.
        if unknown.len() < 2 || self.refusal.is_some() {
            return;
        }
        let learnt: Vec<(String, String)> = stream::iter(unknown)
            .map(|id| async {
                let name = self.describe(&id).await.ok()?;
                Some((id, name))
            })
            .buffer_unordered(AT_ONCE)
            .filter_map(std::future::ready)
            .collect()
            .await;
        self.names.extend(learnt);
    }

    async fn describe(&self, id: &str) -> Result<String, AwsFault> {
        const ACTION: &str = "organizations:DescribeOrganizationalUnit";
        let answer = self
            .client
            .call(|sdk, caller| {
                let request =
                    sdk.describe_organizational_unit().organizational_unit_id(id).customize().config_override(caller);
                async move { request.send().await.map_err(|error| AwsFault::new(ACTION, &error)) }
            })
            .await?;
        answer
            .organizational_unit
            .and_then(|unit| unit.name)
            .ok_or_else(|| AwsFault::other(ACTION, format!("an answer without the name of {id}")))
    }

    /// The roots: ids and names. There is one today.
    async fn roots(&mut self) -> Result<Vec<(String, String)>, AwsFault> {
        const ACTION: &str = "organizations:ListRoots";
        let mut roots = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let page = self
                .client
                .call(|sdk, caller| {
                    let request = sdk.list_roots().set_next_token(token.clone()).customize().config_override(caller);
                    async move { request.send().await.map_err(|error| AwsFault::new(ACTION, &error)) }
                })
                .await?;
            for root in page.roots.unwrap_or_default() {
                if let (Some(id), Some(name)) = (root.id, root.name) {
                    self.names.insert(id.clone(), name.clone());
                    roots.push((id, name));
                }
            }
            match following(ACTION, page.next_token, token.as_deref())? {
                Some(next) => token = Some(next),
                None => return Ok(roots),
            }
        }
    }

    /// The id of the unit that a path of names leads to; `None` where there is none.
    pub(super) async fn id_of_path(&mut self, path: &str) -> Result<Option<String>, AwsFault> {
        let mut names = path.split('/');
        let Some(root) = names.next() else { return Ok(None) };
        let Some((mut id, _)) = self.roots().await?.into_iter().find(|(_, name)| name == root) else { return Ok(None) };
        for name in names {
            match self.child(&id, name).await? {
                Some(child) => id = child,
                None => return Ok(None),
            }
        }
        Ok(Some(id))
    }

    async fn child(&mut self, parent: &str, name: &str) -> Result<Option<String>, AwsFault> {
        const ACTION: &str = "organizations:ListOrganizationalUnitsForParent";
        let mut found = None;
        let mut token: Option<String> = None;
        loop {
            let page = self
                .client
                .call(|sdk, caller| {
                    let request = sdk
                        .list_organizational_units_for_parent()
                        .parent_id(parent)
                        .set_next_token(token.clone())
                        .customize()
                        .config_override(caller);
                    async move { request.send().await.map_err(|error| AwsFault::new(ACTION, &error)) }
                })
                .await?;
            for unit in page.organizational_units.unwrap_or_default() {
                if let (Some(id), Some(own_name)) = (unit.id, unit.name) {
                    if own_name == name {
                        found = Some(id.clone());
                    }
                    self.names.insert(id, own_name);
                }
            }
            match following(ACTION, page.next_token, token.as_deref())? {
                Some(next) => token = Some(next),
                None => return Ok(found),
            }
        }
    }

    /// The chain of parents of an account, from the root down, where `ListAccounts` does not tell its path.
    pub(super) async fn chain(&mut self, account_id: &str) -> Result<Vec<String>, AwsFault> {
        let mut chain = Vec::new();
        let mut child = account_id.to_owned();
        while !child.starts_with("r-") {
            // AWS allows five levels below the root.
            if chain.len() > 20 {
                return Err(AwsFault::other(
                    "organizations:ListParents",
                    format!("the parents of {account_id} have no end"),
                ));
            }
            let parent = match self.parents.get(&child) {
                Some(parent) => parent.clone(),
                None => self.parent(&child).await?,
            };
            chain.push(parent.clone());
            child = parent;
        }
        chain.reverse();
        Ok(chain)
    }

    async fn parent(&mut self, child: &str) -> Result<String, AwsFault> {
        const ACTION: &str = "organizations:ListParents";
        let answer = self
            .client
            .call(|sdk, caller| {
                let request = sdk.list_parents().child_id(child).customize().config_override(caller);
                async move { request.send().await.map_err(|error| AwsFault::new(ACTION, &error)) }
            })
            .await?;
        let parent = answer.parents.unwrap_or_default().into_iter().find_map(|parent| parent.id);
        let parent =
            parent.ok_or_else(|| AwsFault::other(ACTION, format!("an answer without the parent of {child}")))?;
        // An account is asked for once; units are shared by many.
        if child.starts_with("ou-") {
            self.parents.insert(child.to_owned(), parent.clone());
        }
        Ok(parent)
    }
}

/// The token of the page after the one that `token` asked for; `None` at the end.
pub(super) fn following(
    action: &'static str,
    next: Option<String>,
    token: Option<&str>,
) -> Result<Option<String>, AwsFault> {
    match next.filter(|next| !next.is_empty()) {
        Some(next) if token == Some(next.as_str()) => Err(AwsFault::repeated_token(action)),
        next => Ok(next),
    }
}

fn not_found(action: &'static str, id: &str) -> AwsFault {
    AwsFault { kind: FaultKind::NotFound, ..AwsFault::other(action, format!("`{id}` is not in the organization")) }
}

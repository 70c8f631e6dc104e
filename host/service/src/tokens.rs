//! API tokens.

use serde::Deserialize;
use utoipa::ToSchema;
use wasmtab_domain::time::Timestamp;
use wasmtab_store::{NewToken, Principal, Role};

use crate::{
    error::{ServiceError, ServiceResult},
    names,
    paging::{self, PageQuery},
    secret,
    service::{Change, Service, authorize},
    view::{ListView, NewTokenView, TokenView},
};

/// A token that somebody wants.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenRequest {
    /// Whose, and for what.
    pub name: String,
    /// `viewer`, `operator`, `author` or `administrator`.
    pub role: String,
    /// When it ends to be good; never where absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
}

/// Bytes of randomness in a token.
const TOKEN_BYTES: usize = 32;

impl Service {
    /// Makes a token; it is shown this once.
    pub async fn create_token(&self, by: &Principal, request: TokenRequest) -> ServiceResult<NewTokenView> {
        authorize(by, Role::Administrator)?;
        names::check_name("name", &request.name)?;
        let role = request
            .role
            .parse()
            .map_err(|reason| ServiceError::field("role", reason))?;
        let now = self.now();
        if let Some(at) = request.expires_at.filter(|at| *at <= now) {
            return Err(ServiceError::field(
                "expiresAt",
                format!("{at} has passed already"),
            ));
        }
        let token = new_token()?;
        let new = NewToken {
            name: request.name,
            role,
            hash: secret::hash(&token),
            expires_at: request.expires_at,
            by: by.name.clone(),
            now,
        };
        let info = TokenView::from(&self.store.create_token(new).await?);
        self.audit(
            by,
            "token.create",
            format!("token/{}", info.id),
            Change::made(&info),
        )
        .await;
        Ok(NewTokenView { info, token })
    }

    /// The tokens, oldest first.
    pub async fn tokens(&self, by: &Principal, query: &PageQuery) -> ServiceResult<ListView<TokenView>> {
        authorize(by, Role::Administrator)?;
        let tokens = self.store.tokens().await?;
        paging::cut("tokens", query, tokens.iter().map(TokenView::from).collect())
    }

    /// Ends a token.
    pub async fn delete_token(&self, by: &Principal, id: i64) -> ServiceResult<()> {
        authorize(by, Role::Administrator)?;
        if !self.store.delete_token(id).await? {
            return Err(ServiceError::not_found(format!("token {id}")));
        }
        self.audit(by, "token.delete", format!("token/{id}"), Change::NONE)
            .await;
        Ok(())
    }
}

/// A text that scanners for leaked secrets can tell.
pub(crate) fn new_token() -> ServiceResult<String> {
    Ok(format!("wasmtab_{}", secret::random(TOKEN_BYTES)?))
}

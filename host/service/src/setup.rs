//! The first administrator: a code that is printed once at the start and works once.

use serde::Deserialize;
use utoipa::ToSchema;
use wasmtab_store::{NewToken, Principal, Role};

use crate::{
    error::{ServiceError, ServiceResult},
    names, secret,
    service::{Change, SETUP_CODE, Service},
    tokens::new_token,
    view::{NewTokenView, TokenView},
};

/// What turns the code into the first administrator's token.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetupRequest {
    /// The code that the server printed when it started.
    pub code: String,
    /// The administrator's name; `admin` where absent.
    #[serde(default)]
    pub name: Option<String>,
}

impl std::fmt::Debug for SetupRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SetupRequest")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Bytes of randomness in a set-up code.
const CODE_BYTES: usize = 16;

impl Service {
    /// Makes a new set-up code for this start, and forgets an older one. None: there is an administrator already.
    pub async fn prepare_setup(&self) -> ServiceResult<Option<String>> {
        let administrator = |role| role == Role::Administrator;
        if self.admin_hash().is_some()
            || self
                .store
                .tokens()
                .await?
                .iter()
                .any(|token| administrator(token.role))
        {
            self.store.set_setting(SETUP_CODE, None).await?;
            return Ok(None);
        }
        let code = secret::random(CODE_BYTES)?;
        self.store
            .set_setting(SETUP_CODE, Some(&secret::hash(&code)))
            .await?;
        Ok(Some(code))
    }

    /// Uses the set-up code up, and makes the first administrator's token.
    pub async fn setup(&self, request: SetupRequest) -> ServiceResult<NewTokenView> {
        let name = request.name.unwrap_or_else(|| "admin".into());
        names::check_name("name", &name)?;
        let token = new_token()?;
        let new = NewToken {
            name: name.clone(),
            role: Role::Administrator,
            hash: secret::hash(&token),
            expires_at: None,
            by: "setup".into(),
            now: self.now(),
        };
        let made = self
            .store
            .redeem_setup(&secret::hash(request.code.trim()), new)
            .await?;
        let info = TokenView::from(&made.ok_or(ServiceError::Unauthorized)?);
        let by = Principal {
            name,
            role: Role::Administrator,
        };
        self.audit(&by, "setup", format!("token/{}", info.id), Change::made(&info))
            .await;
        Ok(NewTokenView { info, token })
    }
}

//! Values that handlers keep.

use wasmtab_domain::ids::JobId;

use super::support::World;
use crate::{StateError, StateScope};

const QUOTA: u64 = 100;

fn job(id: i64) -> StateScope {
    StateScope::Job(JobId(id))
}

impl World {
    async fn put(&self, scope: &StateScope, key: &str, value: &[u8], quota: u64) -> Result<(), StateError> {
        self.store.state_set(scope, key, value, quota).await.unwrap()
    }

    async fn get(&self, scope: &StateScope, key: &str) -> Option<Vec<u8>> {
        self.store.state_get(scope, key).await.unwrap()
    }
}

pub(super) async fn a_value_is_kept_replaced_and_removed(w: World) {
    assert_eq!(w.get(&job(1), "k").await, None);
    for value in [&b"one"[..], b"", &[0, 255, 10]] {
        w.put(&job(1), "k", value, QUOTA).await.unwrap();
        assert_eq!(w.get(&job(1), "k").await.as_deref(), Some(value));
    }
    w.store.state_delete(&job(1), "k").await.unwrap();
    w.store.state_delete(&job(1), "k").await.unwrap();
    assert_eq!(w.get(&job(1), "k").await, None);
}

pub(super) async fn scopes_are_apart(w: World) {
    let handler = StateScope::Handler("1".into());
    w.put(&job(1), "k", b"job", QUOTA).await.unwrap();
    w.put(&handler, "k", b"handler", QUOTA).await.unwrap();
    assert_eq!(w.get(&job(1), "k").await.as_deref(), Some(&b"job"[..]));
    assert_eq!(w.get(&handler, "k").await.as_deref(), Some(&b"handler"[..]));
    assert_eq!(w.get(&job(2), "k").await, None);
}

pub(super) async fn the_quota_counts_keys_and_values(w: World) {
    // Two characters, six bytes.
    w.put(&job(1), "你好", &[0; 90], QUOTA).await.unwrap();
    assert_eq!(
        w.put(&job(1), "k", &[0; 4], QUOTA).await,
        Err(StateError::OverQuota(101))
    );
    assert_eq!(w.get(&job(1), "k").await, None);
    w.put(&job(1), "k", &[0; 3], QUOTA).await.unwrap();
    w.put(&job(2), "k", &[0; 99], QUOTA).await.unwrap();
}

pub(super) async fn replacing_a_value_counts_it_once(w: World) {
    w.put(&job(1), "k", &[0; 99], QUOTA).await.unwrap();
    w.put(&job(1), "k", &[1; 99], QUOTA).await.unwrap();
    assert_eq!(
        w.put(&job(1), "k", &[2; 100], QUOTA).await,
        Err(StateError::OverQuota(101))
    );
    assert_eq!(w.get(&job(1), "k").await, Some(vec![1; 99]));
}

pub(super) async fn keys_are_listed_by_prefix_in_byte_order(w: World) {
    for key in ["b", "a/2", "a/10", "A", "a%", "é"] {
        w.put(&job(1), key, b"", QUOTA).await.unwrap();
    }
    w.put(&job(2), "a/3", b"", QUOTA).await.unwrap();
    let list = async |prefix: &str, after: Option<&str>, limit| {
        w.store.state_list(&job(1), prefix, after, limit).await.unwrap()
    };
    assert_eq!(list("", None, 10).await, ["A", "a%", "a/10", "a/2", "b", "é"]);
    assert_eq!(list("a/", None, 10).await, ["a/10", "a/2"]);
    assert_eq!(list("a%", None, 10).await, ["a%"]);
    assert_eq!(list("", Some("a/10"), 2).await, ["a/2", "b"]);
    assert!(list("nothing", None, 10).await.is_empty());
}

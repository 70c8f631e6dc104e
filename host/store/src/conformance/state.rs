//! Values that handlers keep.

use wasmtab_domain::ids::JobId;

use super::support::World;
use crate::{StateEntry, StateError, StateScope, StateUse};

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

pub(super) async fn entries_show_their_size_and_short_values(w: World) {
    for (key, value) in [("cursor", &b"17"[..]), ("blob", &[0; 40]), ("other", b"")] {
        w.put(&job(1), key, value, QUOTA).await.unwrap();
    }
    w.put(&job(2), "cursor", b"elsewhere", QUOTA).await.unwrap();
    let entry = |key: &str, bytes, value: Option<&[u8]>| StateEntry {
        key: key.into(),
        bytes,
        value: value.map(<[u8]>::to_vec),
    };
    let list = async |prefix: &str, after: Option<&str>, limit| {
        w.store
            .state_entries(&job(1), prefix, after, limit, 39)
            .await
            .unwrap()
    };
    let all = [
        entry("blob", 40, None),
        entry("cursor", 2, Some(b"17")),
        entry("other", 0, Some(b"")),
    ];
    assert_eq!(list("", None, 10).await, all);
    assert_eq!(list("", Some("blob"), 1).await, all[1..2]);
    assert_eq!(list("o", None, 10).await, all[2..]);
    assert!(list("", Some("other"), 10).await.is_empty());
}

pub(super) async fn what_a_scope_holds_is_counted_as_the_quota_does(w: World) {
    assert_eq!(
        w.store.state_use(&job(1)).await.unwrap(),
        StateUse { keys: 0, bytes: 0 }
    );
    w.put(&job(1), "你好", &[0; 90], QUOTA).await.unwrap();
    w.put(&job(1), "k", b"", QUOTA).await.unwrap();
    assert_eq!(
        w.store.state_use(&job(1)).await.unwrap(),
        StateUse { keys: 2, bytes: 97 }
    );
}

pub(super) async fn scopes_that_hold_anything_are_listed(w: World) {
    let handler = StateScope::Handler("a/b 备份".into());
    for scope in [&job(2), &handler, &job(1)] {
        w.put(scope, "k", b"12", QUOTA).await.unwrap();
    }
    w.put(&job(3), "k", b"", QUOTA).await.unwrap();
    w.store.state_delete(&job(3), "k").await.unwrap();
    let held = StateUse { keys: 1, bytes: 3 };
    let all = [(handler.clone(), held), (job(1), held), (job(2), held)];
    assert_eq!(w.store.state_scopes(None, 10).await.unwrap(), all);
    assert_eq!(w.store.state_scopes(None, 2).await.unwrap(), all[..2]);
    assert_eq!(w.store.state_scopes(Some(&handler), 10).await.unwrap(), all[1..]);
}

pub(super) async fn a_scope_is_cleared_by_prefix_and_in_parts(w: World) {
    for key in ["a/1", "a/2", "a/3", "b", "A/1"] {
        w.put(&job(1), key, b"v", QUOTA).await.unwrap();
    }
    w.put(&job(2), "a/1", b"v", QUOTA).await.unwrap();
    assert_eq!(w.store.state_clear(&job(1), "a/", 2).await.unwrap(), 2);
    assert_eq!(w.store.state_clear(&job(1), "a/", 2).await.unwrap(), 1);
    assert_eq!(
        w.store.state_list(&job(1), "", None, 10).await.unwrap(),
        ["A/1", "b"]
    );
    assert_eq!(w.store.state_clear(&job(1), "", 10).await.unwrap(), 2);
    assert_eq!(w.get(&job(2), "a/1").await.as_deref(), Some(&b"v"[..]));
}

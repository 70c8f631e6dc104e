//! Tokens, the set-up code, idempotency keys, the audit log and settings.

use wasmtab_domain::time::Timestamp;

use super::support::{World, at};
use crate::{NewAudit, NewToken, Principal, Role, StoredReply};

fn token(name: &str, role: Role, expires_at: Option<Timestamp>) -> NewToken {
    NewToken {
        name: name.into(),
        role,
        hash: format!("hash of {name}"),
        expires_at,
        by: "ann".into(),
        now: at(0),
    }
}

pub(super) async fn a_token_is_good_until_it_expires(w: World) {
    let ever = w
        .store
        .create_token(token("ever", Role::Author, None))
        .await
        .unwrap();
    let brief = w
        .store
        .create_token(token("brief", Role::Viewer, Some(at(10))))
        .await
        .unwrap();
    assert_eq!(w.store.tokens().await.unwrap(), [ever, brief]);
    let who = async |hash: &str, now| w.store.principal(hash, now).await.unwrap();
    let author = Principal {
        name: "ever".into(),
        role: Role::Author,
    };
    assert_eq!(who("hash of ever", at(1_000_000)).await, Some(author));
    assert!(who("hash of brief", at(9)).await.is_some());
    assert_eq!(who("hash of brief", at(10)).await, None);
    assert_eq!(who("hash of nobody", at(0)).await, None);
}

pub(super) async fn a_deleted_token_is_good_for_nothing(w: World) {
    let token = w
        .store
        .create_token(token("t", Role::Operator, None))
        .await
        .unwrap();
    assert!(w.store.delete_token(token.id).await.unwrap());
    assert!(!w.store.delete_token(token.id).await.unwrap());
    assert_eq!(w.store.principal("hash of t", at(1)).await.unwrap(), None);
}

pub(super) async fn the_setup_code_works_once(w: World) {
    w.store.set_setting("setupCode", Some("code")).await.unwrap();
    let first = w
        .store
        .redeem_setup("code", token("first", Role::Administrator, None))
        .await
        .unwrap();
    assert_eq!(first.unwrap().role, Role::Administrator);
    let second = w
        .store
        .redeem_setup("code", token("second", Role::Administrator, None))
        .await
        .unwrap();
    assert_eq!(second, None);
    assert_eq!(w.store.tokens().await.unwrap().len(), 1);
    assert_eq!(w.store.setting("setupCode").await.unwrap(), None);
}

pub(super) async fn a_wrong_setup_code_keeps_the_right_one(w: World) {
    let never = w
        .store
        .redeem_setup("code", token("t", Role::Administrator, None))
        .await
        .unwrap();
    assert_eq!(never, None);
    w.store.set_setting("setupCode", Some("code")).await.unwrap();
    let wrong = w
        .store
        .redeem_setup("cod", token("t", Role::Administrator, None))
        .await
        .unwrap();
    assert_eq!(wrong, None);
    assert!(w.store.tokens().await.unwrap().is_empty());
    assert!(
        w.store
            .redeem_setup("code", token("t", Role::Administrator, None))
            .await
            .unwrap()
            .is_some()
    );
}

pub(super) async fn a_key_is_taken_once(w: World) {
    assert_eq!(w.store.take_key("k", "hash", at(0)).await.unwrap(), None);
    let unanswered = StoredReply {
        request_hash: "hash".into(),
        reply: None,
    };
    assert_eq!(
        w.store.take_key("k", "other", at(1)).await.unwrap(),
        Some(unanswered)
    );
    w.store.keep_reply("k", Some((201, "body".into()))).await.unwrap();
    let answered = StoredReply {
        request_hash: "hash".into(),
        reply: Some((201, "body".into())),
    };
    assert_eq!(
        w.store.take_key("k", "hash", at(2)).await.unwrap(),
        Some(answered)
    );
}

pub(super) async fn a_released_key_may_be_taken_again(w: World) {
    w.store.take_key("k", "hash", at(0)).await.unwrap();
    w.store.keep_reply("k", None).await.unwrap();
    assert_eq!(w.store.take_key("k", "other", at(1)).await.unwrap(), None);
}

pub(super) async fn old_keys_are_forgotten(w: World) {
    w.store.take_key("old", "hash", at(0)).await.unwrap();
    w.store.take_key("new", "hash", at(10)).await.unwrap();
    assert_eq!(w.store.forget_keys(at(10)).await.unwrap(), 1);
    assert_eq!(w.store.take_key("old", "hash", at(11)).await.unwrap(), None);
    assert!(w.store.take_key("new", "hash", at(11)).await.unwrap().is_some());
}

pub(super) async fn the_audit_log_is_read_newest_first_in_pages(w: World) {
    for second in 0..5 {
        let entry = NewAudit {
            at: at(second),
            by: "ann".into(),
            action: "job.update".into(),
            subject: format!("job/{second}"),
            before: (second > 0).then(|| "{}".into()),
            after: None,
        };
        w.store.audit(entry).await.unwrap();
    }
    let first = w.store.audit_log(None, 3).await.unwrap();
    let rest = w.store.audit_log(first.next, 3).await.unwrap();
    assert_eq!(rest.next, None);
    let subjects: Vec<_> = first
        .items
        .iter()
        .chain(&rest.items)
        .map(|e| e.entry.subject.as_str())
        .collect();
    assert_eq!(subjects, ["job/4", "job/3", "job/2", "job/1", "job/0"]);
    let oldest = &rest.items[1].entry;
    assert_eq!(
        (oldest.at, oldest.by.as_str(), oldest.before.as_deref()),
        (at(0), "ann", None)
    );
}

pub(super) async fn settings_are_set_and_removed(w: World) {
    assert_eq!(w.store.setting("zone").await.unwrap(), None);
    for value in ["UTC", "Asia/Shanghai", ""] {
        w.store.set_setting("zone", Some(value)).await.unwrap();
        assert_eq!(w.store.setting("zone").await.unwrap().as_deref(), Some(value));
    }
    w.store.set_setting("zone", None).await.unwrap();
    assert_eq!(w.store.setting("zone").await.unwrap(), None);
}

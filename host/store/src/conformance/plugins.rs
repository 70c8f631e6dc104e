//! Plugins, their versions, and the handlers bound to them.

use serde_json::json;
use wasmtab_domain::{
    grant::Grants,
    plugin::{Description, Handler, PluginKind, PluginVersion, VersionFacts},
};

use super::support::{World, at};
use crate::{BindRequest, DeleteRefused, NewVersion, Pushed};

fn upload(plugin: &str, content: &str, label: Option<&str>) -> NewVersion {
    NewVersion {
        plugin: plugin.into(),
        label: label.map(str::to_owned),
        facts: VersionFacts {
            digest: format!("digest of {content}"),
            size: content.len() as u64,
            kind: PluginKind::Handler,
            imports: vec!["wasi:clocks".into()],
            exports: Vec::new(),
            capabilities: vec!["state".into()],
        },
        content: content.as_bytes().to_vec(),
        by: "ann".into(),
        now: at(0),
    }
}

pub(super) async fn pushed(w: &World, plugin: &str, content: &str) -> PluginVersion {
    match w.store.push_version(upload(plugin, content, None)).await.unwrap() {
        Pushed::Created(version) => version,
        other => panic!("{content} is no new version: {other:?}"),
    }
}

pub(super) async fn activate(w: &World, plugin: &str, version: i64) {
    let description = Description {
        name: plugin.into(),
        summary: format!("version {version}"),
        parameter_schema: Some(json!({"type": "object"})),
        suggested_handler_name: "Handler".into(),
    };
    assert!(
        w.store
            .activate(plugin, version, &description, "ann", at(version))
            .await
            .unwrap()
    );
}

pub(super) fn binding(name: &str, plugin: &str, version: Option<i64>) -> BindRequest {
    BindRequest {
        name: name.into(),
        plugin: plugin.into(),
        version,
        grants: Grants::default(),
        secrets: Vec::new(),
        max_concurrency: None,
        expected: None,
        by: "ann".into(),
        now: at(1),
    }
}

pub(super) async fn bind(w: &World, name: &str, plugin: &str, version: Option<i64>) -> Handler {
    w.store
        .bind(binding(name, plugin, version))
        .await
        .unwrap()
        .unwrap()
}

pub(super) async fn versions_count_from_one(w: World) {
    let (first, second) = (pushed(&w, "plug", "1").await, pushed(&w, "plug", "2").await);
    let other = pushed(&w, "other", "1").await;
    assert_eq!((first.version, second.version, other.version), (1, 2, 1));
    assert_eq!(w.store.version("plug", 1).await.unwrap(), Some(first.clone()));
    assert_eq!(w.store.versions("plug").await.unwrap(), [second, first]);
    let names: Vec<_> = w
        .store
        .plugins()
        .await
        .unwrap()
        .into_iter()
        .map(|p| (p.name, p.latest_version))
        .collect();
    assert_eq!(names, [("other".to_owned(), 1), ("plug".to_owned(), 2)]);
}

pub(super) async fn the_same_digest_is_the_same_version(w: World) {
    let first = pushed(&w, "plug", "1").await;
    let again = w
        .store
        .push_version(upload("plug", "1", Some("v1")))
        .await
        .unwrap();
    assert_eq!(again, Pushed::Existing(first));
    assert_eq!(w.store.versions("plug").await.unwrap().len(), 1);
}

pub(super) async fn a_label_is_taken_once(w: World) {
    let first = w
        .store
        .push_version(upload("plug", "1", Some("v1")))
        .await
        .unwrap();
    assert!(matches!(first, Pushed::Created(version) if version.label.as_deref() == Some("v1")));
    let second = w
        .store
        .push_version(upload("plug", "2", Some("v1")))
        .await
        .unwrap();
    assert_eq!(second, Pushed::LabelTaken(1));
    assert_eq!(w.store.content("digest of 2").await.unwrap(), None);
    let other = w
        .store
        .push_version(upload("other", "2", Some("v1")))
        .await
        .unwrap();
    assert!(matches!(other, Pushed::Created(_)));
}

pub(super) async fn an_upload_activates_nothing(w: World) {
    pushed(&w, "plug", "1").await;
    let plugin = w.store.plugin("plug").await.unwrap().unwrap();
    assert_eq!((plugin.active_version, plugin.latest_version), (None, 1));
    assert_eq!(w.store.plugin("plu").await.unwrap(), None);
}

pub(super) async fn an_activation_is_recorded(w: World) {
    for content in ["1", "2"] {
        pushed(&w, "plug", content).await;
    }
    // The same version twice is one activation.
    for version in [1, 1, 2, 1] {
        activate(&w, "plug", version).await;
    }
    let versions: Vec<_> = w
        .store
        .activations("plug")
        .await
        .unwrap()
        .iter()
        .map(|a| a.version)
        .collect();
    assert_eq!(versions, [1, 2, 1]);
    let described = w
        .store
        .version("plug", 2)
        .await
        .unwrap()
        .unwrap()
        .description
        .unwrap();
    assert_eq!(described.summary, "version 2");
    assert_eq!(
        w.store.plugin("plug").await.unwrap().unwrap().active_version,
        Some(1)
    );
}

pub(super) async fn activating_what_is_not_there_is_refused(w: World) {
    pushed(&w, "plug", "1").await;
    let description = Description {
        name: String::new(),
        summary: String::new(),
        parameter_schema: None,
        suggested_handler_name: String::new(),
    };
    for (plugin, version) in [("plug", 2), ("other", 1)] {
        assert!(
            !w.store
                .activate(plugin, version, &description, "ann", at(1))
                .await
                .unwrap()
        );
    }
    assert_eq!(
        w.store.plugin("plug").await.unwrap().unwrap().active_version,
        None
    );
}

pub(super) async fn a_version_in_use_is_kept(w: World) {
    for content in ["1", "2", "3"] {
        pushed(&w, "plug", content).await;
    }
    activate(&w, "plug", 2).await;
    let in_use = |names: &[&str]| {
        Err(DeleteRefused::InUse(
            names.iter().map(|name| (*name).to_owned()).collect(),
        ))
    };
    assert!(matches!(
        w.store.delete_version("plug", 2).await.unwrap(),
        Err(DeleteRefused::InUse(_))
    ));
    bind(&w, "Pinned", "plug", Some(1)).await;
    bind(&w, "Follows", "plug", None).await;
    assert_eq!(
        w.store.delete_version("plug", 1).await.unwrap(),
        in_use(&["Pinned"])
    );
    assert_eq!(
        w.store.delete_version("plug", 2).await.unwrap(),
        in_use(&["Follows"])
    );
    assert_eq!(w.store.delete_version("plug", 3).await.unwrap(), Ok(()));
    assert_eq!(
        w.store.delete_version("plug", 3).await.unwrap(),
        Err(DeleteRefused::NotFound)
    );
}

pub(super) async fn a_deleted_version_is_gone_and_its_number_too(w: World) {
    pushed(&w, "plug", "1").await;
    w.store
        .push_version(upload("plug", "2", Some("v2")))
        .await
        .unwrap();
    w.store.delete_version("plug", 2).await.unwrap().unwrap();
    assert_eq!(w.store.version("plug", 2).await.unwrap(), None);
    assert_eq!(w.store.versions("plug").await.unwrap().len(), 1);
    // Digest and label are free again, the number is not.
    let again = w
        .store
        .push_version(upload("plug", "2", Some("v2")))
        .await
        .unwrap();
    assert!(matches!(again, Pushed::Created(version) if version.version == 3));
}

pub(super) async fn content_lives_as_long_as_a_version_has_it(w: World) {
    pushed(&w, "plug", "1").await;
    pushed(&w, "other", "1").await;
    w.store.delete_version("plug", 1).await.unwrap().unwrap();
    assert_eq!(
        w.store.content("digest of 1").await.unwrap().as_deref(),
        Some(&b"1"[..])
    );
    w.store.delete_version("other", 1).await.unwrap().unwrap();
    assert_eq!(w.store.content("digest of 1").await.unwrap(), None);
}

pub(super) async fn a_handler_follows_the_active_version(w: World) {
    for content in ["1", "2"] {
        pushed(&w, "plug", content).await;
    }
    let bound = bind(&w, "Handler", "plug", None).await;
    assert_eq!((bound.resolved_version, bound.digest.as_deref()), (None, None));
    for version in [2, 1] {
        activate(&w, "plug", version).await;
        let handler = w.store.handler("Handler").await.unwrap().unwrap();
        assert_eq!((handler.version, handler.resolved_version), (None, Some(version)));
        assert_eq!(handler.digest, Some(format!("digest of {version}")));
        assert_eq!(handler.revision, bound.revision);
    }
}

pub(super) async fn a_handler_stays_on_its_pinned_version(w: World) {
    for content in ["1", "2"] {
        pushed(&w, "plug", content).await;
    }
    activate(&w, "plug", 2).await;
    let bound = bind(&w, "Handler", "plug", Some(1)).await;
    assert_eq!((bound.version, bound.resolved_version), (Some(1), Some(1)));
}

pub(super) async fn a_bind_with_another_revision_is_refused(w: World) {
    let with = |expected| BindRequest {
        expected: Some(expected),
        ..binding("Handler", "plug", None)
    };
    assert_eq!(w.store.bind(with(1)).await.unwrap(), Err(0));
    let first = w.store.bind(with(0)).await.unwrap().unwrap();
    assert_eq!(w.store.bind(with(0)).await.unwrap(), Err(first.revision));
    let second = w.store.bind(with(first.revision)).await.unwrap().unwrap();
    assert!(second.revision > first.revision);
    assert_eq!(w.store.handler("Handler").await.unwrap(), Some(second));
}

pub(super) async fn revisions_never_repeat_after_an_unbind(w: World) {
    let first = bind(&w, "Handler", "plug", None).await;
    w.store.unbind("Handler").await.unwrap().unwrap();
    assert_eq!(
        w.store.unbind("Handler").await.unwrap(),
        Err(DeleteRefused::NotFound)
    );
    assert_eq!(w.store.handler("Handler").await.unwrap(), None);
    let second = bind(&w, "Handler", "plug", None).await;
    assert!(second.revision > first.revision);
}

pub(super) async fn secrets_are_set_and_removed_one_by_one(w: World) {
    let set = |secrets: &[(&str, Option<&str>)]| BindRequest {
        secrets: secrets
            .iter()
            .map(|(key, value)| ((*key).into(), value.map(str::to_owned)))
            .collect(),
        ..binding("Handler", "plug", None)
    };
    w.store
        .bind(set(&[("a", Some("1")), ("b", Some("2"))]))
        .await
        .unwrap()
        .unwrap();
    let handler = w
        .store
        .bind(set(&[("a", Some("3")), ("b", None), ("c", None)]))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(handler.secrets, ["a"]);
    assert_eq!(
        w.store.secrets("Handler").await.unwrap(),
        [("a".to_owned(), "3".to_owned())]
    );
    assert!(w.store.secrets("Other").await.unwrap().is_empty());
    w.store.unbind("Handler").await.unwrap().unwrap();
    bind(&w, "Handler", "plug", None).await;
    assert!(w.store.secrets("Handler").await.unwrap().is_empty());
}

pub(super) async fn the_jobs_of_a_handler_are_named(w: World) {
    for (name, handler) in [("a", "H"), ("b", "I"), ("c", "H"), ("d", "H")] {
        w.job(json!({"name": name, "handlerName": handler})).await;
    }
    assert_eq!(w.store.jobs_of_handler("H", 2).await.unwrap(), ["a", "c"]);
    assert_eq!(w.store.jobs_of_handler("I", 9).await.unwrap(), ["b"]);
    assert!(w.store.jobs_of_handler("h", 9).await.unwrap().is_empty());
}

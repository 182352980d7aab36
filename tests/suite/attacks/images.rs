//! Images that bring more than was looked at.

use dockwit_tests::engine::{Engine, Names};
use hyper::Method;
use serde_json::{Value, json};

use super::{attacker, seen};
use crate::scope::foreign;

/// An image that is removed at the end.
pub(crate) struct Image(pub(crate) String);

impl Image {
    /// The test's image with these instructions on top.
    pub(crate) async fn with(names: &Names, changes: &[&str]) -> Self {
        let engine = Engine::under_test();
        let base = foreign(names, json!({})).await;
        let tag = names.prefix().trim_end_matches('-').to_lowercase();
        let changes: String = changes
            .iter()
            .map(|change| format!("&changes={}", encoded(change)))
            .collect();
        let path = format!("/commit?container={base}&repo={tag}&tag=1{changes}");
        let (status, made) = engine.ask(Method::POST, &path, Some(json!({}))).await;
        assert!(status.is_success(), "{made}");
        let path = format!("/containers/{base}?force=1");
        engine.ask(Method::DELETE, &path, None).await;
        Self(format!("{tag}:1"))
    }

    /// The same with what not every engine's commit takes.
    async fn built(names: &Names, instruction: &str) -> Self {
        let engine = Engine::under_test();
        let tag = names.prefix().trim_end_matches('-').to_lowercase();
        let text = format!("FROM {}\n{instruction}\n", engine.image());
        let mut context = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        let written = context.append_data(&mut header, "Dockerfile", text.as_bytes());
        written.expect("it is written");
        let context = context.into_inner().expect("it is written");
        let path = format!("/build?t={tag}:1&networkmode=none");
        let kind = "application/x-tar";
        let (status, _) = engine.send(Method::POST, &path, kind, context).await;
        assert!(status.is_success(), "{status}");
        Self(format!("{tag}:1"))
    }

    pub(crate) async fn id(&self) -> String {
        let path = format!("/images/{}/json", self.0);
        let (_, image) = Engine::under_test().ask(Method::GET, &path, None).await;
        image["Id"].as_str().expect("an id").to_owned()
    }

    pub(crate) async fn remove(self) {
        let path = format!("/images/{}?force=1", self.0);
        Engine::under_test().ask(Method::DELETE, &path, None).await;
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// `create.images` names them by what they are.
#[tokio::test(flavor = "multi_thread")]
async fn attack_050_a_tag_is_no_grant() {
    let names = Names::new("attack-050");
    let other = Image::with(&names, &["LABEL other=yes"]).await;
    let listed = Engine::under_test();
    let path = format!("/images/{}/json", listed.image());
    let (_, image) = listed.ask(Method::GET, &path, None).await;
    let id = image["Id"].as_str().expect("an id");
    let keys = format!("create.images = [\"{id}\"]");
    let mut plugin = dockwit_tests::console::Console::only(&keys).await;
    let refused = plugin
        .refused(
            &format!("create - network=none image={}", other.0),
            "denied create.images",
        )
        .await;
    assert!(refused.contains("create.images"), "{refused}");
    // One that isn't there reads the same: what is in the cache is nobody's to know.
    plugin
        .refused(
            "create - network=none image=no/such:1",
            "denied create.images",
        )
        .await;
    let made = plugin.done("create c network=none").await;
    assert_eq!(seen(&made).await["Image"], id, "it is made by its id");
    plugin.end().await;
    other.remove().await;
}

/// `create.images` names them by what they are, whatever a tag comes to mean.
#[tokio::test(flavor = "multi_thread")]
async fn attack_130_a_tag_that_moves_changes_nothing() {
    let names = Names::new("attack-130");
    let engine = Engine::under_test();
    let good = Image::with(&names, &["LABEL good=yes"]).await;
    let good_id = good.id().await;
    let keys = format!("create.images = [\"{good_id}\"]");
    let mut plugin = dockwit_tests::console::Console::only(&keys).await;
    let line = format!("create - network=none image={}", good.0);
    plugin.done(&line).await;
    let (name, tag) = good.0.split_once(':').expect("a tag");
    let path = format!("/images/{}/tag?repo={name}&tag={tag}", engine.image());
    let (status, _) = engine.ask(Method::POST, &path, None).await;
    assert!(status.is_success());
    plugin.refused(&line, "denied create.images").await;
    plugin.end().await;
    good.remove().await;
    Image(good_id).remove().await;
}

/// The host supplies volumes of its own for those that an image declares.
#[tokio::test(flavor = "multi_thread")]
async fn attack_045_volumes_of_an_image_are_the_plugins_own() {
    let names = Names::new("attack-045");
    let image = Image::with(&names, &["VOLUME /data"]).await;
    let mut plugin = attacker("").await;
    let line = format!("create c network=none image={}", image.0);
    let id = plugin.done(&line).await;
    let mounts = seen(&id).await["Mounts"].clone();
    let name = mounts[0]["Name"].as_str().expect("a volume").to_owned();
    assert_eq!(mounts.as_array().map(Vec::len), Some(1));
    assert!(name.starts_with("own-"), "{name}");
    let path = format!("/volumes/{name}");
    let engine = Engine::under_test();
    let (_, volume) = engine.ask(Method::GET, &path, None).await;
    assert!(volume["Labels"]["dockwit.owner"].is_string(), "{volume}");
    plugin.end().await;
    let (status, _) = engine.ask(Method::GET, &path, None).await;
    assert_eq!(status.as_u16(), 404, "it leaves with its owner");
    image.remove().await;
}

/// A label that comes with an image puts no container into a scope.
#[tokio::test(flavor = "multi_thread")]
async fn attack_071_a_label_of_an_image_is_no_scope() {
    let names = Names::new("attack-071-image");
    let label = names.name("label");
    let image = Image::with(&names, &[&format!("LABEL {label}=yes")]).await;
    let body = json!({"Image": image.0, "Cmd": ["sleep", "600"]});
    let engine = Engine::under_test();
    let path = format!("/containers/create?name={}", names.name("victim"));
    let (status, made) = engine.ask(Method::POST, &path, Some(body)).await;
    assert!(status.is_success(), "{made}");
    let keys = format!("scope.containers = {{ label = \"{label}=yes\" }}");
    let mut plugin = attacker(&keys).await;
    assert_eq!(plugin.done("list").await, "");
    let line = format!("get {}", names.name("victim"));
    plugin.refused(&line, "not found").await;
    plugin.end().await;
    engine
        .ask(
            Method::DELETE,
            &format!("/containers/{}?force=1", names.name("victim")),
            None,
        )
        .await;
    image.remove().await;
}

/// `create.labels` grants what images of any kind bring; the host's own nothing does.
#[tokio::test(flavor = "multi_thread")]
async fn attack_121_labels_of_an_image_that_was_not_looked_at_are_blanked() {
    let names = Names::new("attack-121");
    let image = Image::with(
        &names,
        &[
            "LABEL traefik.enable=true",
            "LABEL dockwit.owner=x",
            "LABEL app.a=b",
        ],
    )
    .await;
    let mut plugin = attacker("create.labels = [\"app.*\"]").await;
    let line = format!("create c network=none image={}", image.0);
    let id = plugin.done(&line).await;
    let labels = seen(&id).await["Config"]["Labels"].clone();
    assert_eq!(labels["traefik.enable"], "");
    assert_eq!(labels["app.a"], "b");
    assert_ne!(labels["dockwit.owner"], "x");
    assert_ne!(labels["dockwit.owner"], Value::from(""));
    plugin.end().await;
    image.remove().await;
}

/// What an image brings counts as if it were asked for.
#[tokio::test(flavor = "multi_thread")]
async fn attack_131_and_132_an_images_own_is_held_to_the_bounds() {
    let names = Names::new("attack-131");
    let image = Image::with(
        &names,
        &[
            "ENV NVIDIA_VISIBLE_DEVICES=all",
            "ENV HABANA_VISIBLE_DEVICES=all",
            "USER app",
        ],
    )
    .await;
    let mut plugin = attacker("").await;
    let line = format!("create c network=none image={}", image.0);
    let id = plugin.done(&line).await;
    let env = seen(&id).await["Config"]["Env"].to_string();
    assert!(env.contains("NVIDIA_VISIBLE_DEVICES=void"), "{env}");
    assert!(env.contains("HABANA_VISIBLE_DEVICES=void"), "{env}");
    plugin.end().await;
    let mut plugin = attacker("create.non-root = true").await;
    plugin.refused(&line, "denied create.non-root").await;
    plugin.end().await;
    image.remove().await;
}

/// What an image says of its health check is held to the floors.
#[tokio::test(flavor = "multi_thread")]
async fn attack_133_a_health_check_of_an_image_is_slowed_down() {
    let names = Names::new("attack-133");
    let check = "HEALTHCHECK --interval=1ms --timeout=1ms CMD true";
    let image = Image::built(&names, check).await;
    let mut plugin = attacker("").await;
    let line = format!("create c network=none image={}", image.0);
    if Engine::under_test().tells_checks_of_images() {
        let id = plugin.done(&line).await;
        let check = seen(&id).await["Config"]["Healthcheck"].clone();
        assert_eq!(check["Interval"], 5_000_000_000_u64);
        assert_eq!(check["Timeout"], 1_000_000_000_u64);
    } else {
        // What the host can't slow down, it doesn't let be; without a check, there is nothing to slow down.
        plugin.refused(&line, "unsupported health").await;
        assert_eq!(plugin.done("list").await, "", "it is removed");
        let mut without = attacker("create.healthcheck = \"none\"").await;
        let id = without.done(&line).await;
        let check = seen(&id).await["Config"]["Healthcheck"].clone();
        assert_eq!(check["Test"], json!(["NONE"]));
        without.end().await;
    }
    plugin.end().await;
    image.remove().await;
}

/// The signal and the time that an image has to stop are within the bounds.
#[tokio::test(flavor = "multi_thread")]
async fn attack_134_a_stop_timeout_is_bounded() {
    let mut plugin = attacker("").await;
    let line = "create - network=none stop-timeout=100000";
    plugin.refused(line, "denied create.stop-timeout").await;
    let id = plugin.done("create c network=none").await;
    assert_eq!(seen(&id).await["Config"]["StopTimeout"], 10);
    plugin.end().await;
}

//! Images, networks and volumes: what engines answered, and what is sent.

use serde_json::{Value, json};

use super::{ENGINES, ID, Listener, case, id, replay_one};
use crate::api::containers::{ContainerPort, Driver, Endpoint, HealthTest};
use crate::api::networks::NewNetwork;
use crate::api::{Client, ErrorKind, ImageId, NetworkId, Protocol, Result, VolumeName};
use crate::transport::ApiVersion;

fn client_of(engine: &str, name: &str) -> (crate::transport::testing::Engine, Client) {
    replay_one(case(engine, name))
}

fn network() -> NetworkId {
    ID.parse().expect("an id")
}

fn volume() -> VolumeName {
    "rec-vol".parse().expect("a name")
}

#[tokio::test]
async fn an_image_is_told_with_its_configuration() {
    for engine in ENGINES {
        let (_engine, client) = client_of(engine, "images-inspect");
        let image = client
            .images()
            .inspect("rec/busybox:1")
            .await
            .expect("an image");
        let body = case(engine, "images-inspect").json;
        assert_eq!(image.id.as_str(), body["Id"]);
        assert_eq!(json!(image.repo_tags), body["RepoTags"]);
        assert_eq!(json!(image.repo_digests), body["RepoDigests"]);
        assert_eq!(
            (image.os.as_str(), image.architecture.as_str()),
            ("linux", "amd64")
        );
        let config = image.config;
        let env: Vec<_> = config
            .env
            .iter()
            .map(|of| (of.name.as_str(), of.value.as_deref()))
            .collect();
        let expected = [
            ("PATH", Some("/bin")),
            ("GREETING", Some("hello w\u{f6}rld")),
            ("EMPTY", Some("")),
        ];
        assert_eq!(env, expected);
        assert_eq!(config.command, Some(vec!["sh".to_owned()]));
        assert_eq!((config.entrypoint, config.user.as_str()), (None, ""));
        assert_eq!(config.working_dir, "/data");
        assert_eq!(config.volumes, ["/anon"]);
        let port = |port, protocol| ContainerPort { port, protocol };
        assert_eq!(
            config.exposed_ports,
            [port(53, Protocol::Udp), port(80, Protocol::Tcp)]
        );
        let label = ("built.by".to_owned(), "rec".to_owned());
        assert!(config.labels.contains(&label));
        assert_eq!(config.stop_signal.as_deref(), Some("SIGTERM"));
        // Podman doesn't tell these.
        let told = !engine.starts_with("podman");
        let check = config.healthcheck;
        assert_eq!(check.is_some(), told);
        if let Some(check) = check {
            assert_eq!(check.test, HealthTest::Command(vec!["true".to_owned()]));
            assert_eq!(
                (check.interval, check.retries),
                (Some(30_000_000_000), Some(2))
            );
        }
        assert_eq!(config.shell.is_empty(), !told);
        assert_eq!(config.on_build.is_empty(), !told);
    }
}

/// Makes the call that a case is about.
pub(super) async fn call(client: &Client, domain: &str, verb: &str) -> Result<()> {
    let (network, volume) = (network(), volume());
    let of = client.network(&network);
    match (domain, verb) {
        ("images", "inspect") => client.images().inspect("x").await.map(drop),
        ("networks", "create") => {
            let made = client.networks().create(&NewNetwork::default()).await;
            made.map(drop)
        }
        ("networks", "inspect") => client.networks().inspect("x").await.map(drop),
        ("networks", "list") => client.networks().list(&[]).await.map(drop),
        ("networks", "connect") => of.connect(&id(), &Endpoint::default()).await,
        ("networks", "disconnect") => of.disconnect(&id(), false).await,
        ("networks", "delete") => of.remove().await,
        ("volumes", "create") => client.volumes().create(&volume, &[]).await.map(drop),
        ("volumes", "inspect") => client.volume(&volume).inspect().await.map(drop),
        ("volumes", "list") => client.volumes().list(&[]).await.map(drop),
        ("volumes", "delete") => client.volume(&volume).remove().await,
        _ => panic!("no such function: {domain} {verb}"),
    }
}

#[tokio::test]
async fn networks_are_told() {
    for engine in ENGINES {
        let (_engine, client) = client_of(engine, "networks-inspect-with-containers");
        let told = client
            .network(&network())
            .inspect()
            .await
            .expect("a network");
        let body = case(engine, "networks-inspect-with-containers").json;
        assert_eq!(
            (told.id.as_str(), told.name.as_str()),
            (body["Id"].as_str().unwrap(), "rec-net")
        );
        assert_eq!(
            (told.driver.as_str(), told.scope.as_str(), told.internal),
            ("bridge", "local", false)
        );
        let containers = body["Containers"].as_object().expect("containers");
        assert!(told.containers.iter().eq(containers.keys()));
        let label = ("com.example.team".to_owned(), "net".to_owned());
        assert!(told.labels.contains(&label));
        let options = body["Options"].as_object().expect("options").len();
        assert_eq!(told.options.len(), options);
        let (_engine, client) = client_of(engine, "networks-list");
        let list = client.networks().list(&["a"]).await.expect("a list");
        assert!(
            list.iter()
                .any(|network| network.name == "rec-int" && network.internal)
                || !list.is_empty()
        );
        let (_engine, client) = client_of(engine, "networks-create-internal");
        let made = client
            .networks()
            .create(&NewNetwork::default())
            .await
            .expect("made");
        assert_eq!(
            case(engine, "networks-create-internal").json["Id"],
            made.as_str()
        );
    }
}

#[tokio::test]
async fn volumes_are_told() {
    for engine in ENGINES {
        let (_engine, client) = client_of(engine, "volumes-inspect");
        let told = client.volume(&volume()).inspect().await.expect("a volume");
        assert_eq!(
            (
                told.name.as_str(),
                told.driver.as_str(),
                told.scope.as_str()
            ),
            ("rec-vol", "local", "local")
        );
        let label = ("com.example.tier".to_owned(), "db".to_owned());
        assert!(told.labels.contains(&label) && told.options.len() == 3);
        assert!(told.mountpoint.ends_with("/rec-vol/_data"));
        let (_engine, client) = client_of(engine, "volumes-inspect");
        let found = client.volumes().get("rec-vol").await.expect("a volume");
        assert_eq!(found, volume());
        // Podman answers for the first letters of a name as well.
        let (_engine, client) = client_of(engine, "volumes-inspect");
        let error = client.volumes().get("rec-v").await.expect_err("none");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let error = client.volumes().get("../rec").await.expect_err("no name");
        assert_eq!(error.kind(), ErrorKind::Invalid);
        let (_engine, client) = client_of(engine, "volumes-list");
        let list = client.volumes().list(&[]).await.expect("a list");
        assert!(list.iter().any(|volume| volume.name == "rec-vol"));
        let (_engine, client) = client_of(engine, "volumes-list-empty");
        assert_eq!(client.volumes().list(&[]).await.expect("a list"), []);
        // Another's is given without a word, and without the labels that were asked for.
        let (_engine, client) = client_of(engine, "volumes-create-same-again");
        let labels = [("a".to_owned(), "b".to_owned())];
        let again = client
            .volumes()
            .create(&volume(), &labels)
            .await
            .expect("given");
        assert_eq!(again.labels, []);
    }
}

#[tokio::test]
async fn networks_and_volumes_are_asked_for_as_told() {
    let mut engine = Listener::start(ApiVersion::NEWEST, "{}");
    let client = engine.client.clone();
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let new = NewNetwork {
        name: "n".to_owned(),
        labels: vec![pair("a", "1")],
        internal: true,
        options: vec![pair("o", "2")],
    };
    let endpoint = Endpoint {
        aliases: vec!["db".to_owned()],
        ..Endpoint::default()
    };
    let _ = client.networks().create(&new).await;
    let _ = client.networks().inspect("a b").await;
    let _ = client.networks().list(&["a=1"]).await;
    let of = client.network(&network());
    let _ = of.connect(&id(), &endpoint).await;
    let _ = of.disconnect(&id(), false).await;
    let _ = of.remove().await;
    let _ = client.volumes().create(&volume(), &[pair("a", "1")]).await;
    let nfs = Driver {
        name: "nfs".to_owned(),
        options: vec![pair("o", "1")],
    };
    let _ = client.volumes().create_by(&nfs, &volume(), &[]).await;
    let _ = client.volumes().list(&["a"]).await;
    let _ = client.volume(&volume()).remove().await;
    let _ = client.images().inspect("a.b:5000/c/d:1").await;
    let expected: [(&str, Value); 11] = [
        (
            "POST /networks/create",
            json!({
                "Name": "n", "Driver": "bridge", "Internal": true, "Labels": {"a": "1"},
                "Options": {"o": "2"}, "CheckDuplicate": true,
            }),
        ),
        ("GET /networks/a%20b", Value::Null),
        (
            "GET /networks?filters=%7B%22label%22%3A%5B%22a%3D1%22%5D%7D",
            Value::Null,
        ),
        (
            "POST /networks/ID/connect",
            json!({"Container": ID, "EndpointConfig": {"Aliases": ["db"]}}),
        ),
        (
            "POST /networks/ID/disconnect",
            json!({"Container": ID, "Force": false}),
        ),
        ("DELETE /networks/ID", Value::Null),
        (
            "POST /volumes/create",
            json!({"Name": "rec-vol", "Driver": "local", "Labels": {"a": "1"}}),
        ),
        (
            "POST /volumes/create",
            json!({"Name": "rec-vol", "Driver": "nfs", "Labels": {}, "DriverOpts": {"o": "1"}}),
        ),
        (
            "GET /volumes?filters=%7B%22label%22%3A%5B%22a%22%5D%7D",
            Value::Null,
        ),
        ("DELETE /volumes/rec-vol", Value::Null),
        ("GET /images/a.b:5000/c/d:1/json", Value::Null),
    ];
    let expected = expected.map(|(line, body)| (line.to_owned(), body));
    assert_eq!(engine.heard(), expected);
}

#[test]
fn ids_and_names_have_one_form() {
    let digits = ID;
    digits.parse::<NetworkId>().expect("an id");
    format!("sha256:{digits}")
        .parse::<ImageId>()
        .expect("an id");
    for bad in [
        "",
        "a",
        &digits[1..],
        &digits.to_uppercase(),
        &format!("{digits}0"),
        &format!("sha512:{digits}"),
    ] {
        bad.parse::<NetworkId>().expect_err(bad);
        bad.parse::<ImageId>().expect_err(bad);
    }
    digits
        .parse::<ImageId>()
        .expect_err("without its algorithm");
    for good in ["a1", "rec-vol", "A.b_c", digits] {
        good.parse::<VolumeName>().expect(good);
    }
    for bad in [
        "",
        "a",
        "-ab",
        ".a",
        "a/b",
        "../a",
        "a b",
        "\u{e9}a",
        &"x".repeat(256),
    ] {
        bad.parse::<VolumeName>().expect_err(bad);
    }
}

/// What volumes take of the disk, in the forms of engines old and new, where the sizes of some aren't known.
#[tokio::test]
async fn volumes_are_measured_on_every_engine() {
    const OLD: &str = r#"{"LayersSize":9,"Images":null,"Containers":[],"Volumes":[
        {"Name":"a","UsageData":{"RefCount":1,"Size":7}},{"Name":"b","UsageData":{"RefCount":0,"Size":-1}},{"Name":"c"}]}"#;
    const BOTH: &str = r#"{"Volumes":[{"Name":"a","UsageData":{"Size":7}}],
        "VolumeUsage":{"TotalSize":7,"Items":[{"Name":"a","UsageData":{"Size":7}}]}}"#;
    const NEW: &str =
        r#"{"VolumeUsage":{"TotalSize":7,"Items":[{"Name":"a","UsageData":{"Size":7}}]}}"#;
    for (minor, text, query) in [
        (41, OLD, ""),
        (44, OLD, "?type=volume"),
        (52, BOTH, "?type=volume&verbose=1"),
        (55, NEW, "?type=volume&verbose=1"),
    ] {
        let mut engine = Listener::start(ApiVersion::new(1, minor), text);
        let client = engine.client.clone();
        let sizes = client.volumes().sizes().await.expect("sizes");
        assert_eq!(sizes, [("a".to_owned(), 7)], "{minor}");
        let asked = engine.heard();
        assert_eq!(asked, [(format!("GET /system/df{query}"), Value::Null)]);
    }
    let none = Listener::start(ApiVersion::NEWEST, r#"{"VolumeUsage":{"ActiveCount":0}}"#);
    let sizes = none.client.volumes().sizes().await.expect("sizes");
    assert_eq!(sizes, []);
}

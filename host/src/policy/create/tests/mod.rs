//! The doors, on their own: what is asked for goes in, and what would be sent is looked at as JSON.

mod attacks_access;
mod attacks_create;
mod attacks_machine;
mod attacks_model;
mod attacks_network;
mod completed;
mod existing;
mod inside;
mod podman;
mod properties;
mod recorded;

use serde_json::{Map, Value, json};

use super::*;
use crate::api::containers::{ContainerDetails, ContainerSpec};
use crate::api::images::{ImageConfig, ImageDetails};
use crate::api::networks::NetworkDetails;
use crate::policy::Denial;
use crate::transport::ApiVersion;

const DIGEST: &str = "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";
const IMAGE_ID: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
const NETWORK_ID: &str = "2222222222222222222222222222222222222222222222222222222222222222";
const OTHER_ID: &str = "3333333333333333333333333333333333333333333333333333333333333333";
const NONCE: &str = "00112233445566778899aabbccddeeff";

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

fn engine() -> Engine {
    Engine {
        api: ApiVersion::new(1, 51),
        major: 28,
        podman: false,
        runtime: "runc".to_owned(),
        log_driver: "json-file".to_owned(),
        nano_cpus: 8_000_000_000,
        capabilities: ENGINE_CAPABILITIES.map(str::to_owned).to_vec(),
    }
}

fn podman() -> Engine {
    Engine {
        api: ApiVersion::new(1, 41),
        major: 5,
        podman: true,
        runtime: "crun".to_owned(),
        log_driver: String::new(),
        nano_cpus: 8_000_000_000,
        capabilities: podmans_capabilities(),
    }
}

/// What Podman gives from version 5 on: less than Docker.
fn podmans_capabilities() -> Vec<String> {
    let less = ["AUDIT_WRITE", "MKNOD", "NET_RAW"];
    let given = ENGINE_CAPABILITIES.into_iter();
    let given = given.filter(|name| !less.contains(name));
    given.map(str::to_owned).collect()
}

fn network(id: &str, name: &str, internal: bool, isolated: bool) -> NetworkDetails {
    NetworkDetails {
        id: id.to_owned(),
        name: name.to_owned(),
        driver: "bridge".to_owned(),
        internal,
        options: match isolated {
            true => engine().isolation().expect("it has one"),
            false => Vec::new(),
        },
        ..NetworkDetails::default()
    }
}

fn around() -> Around<'static> {
    let stamp = Stamp {
        owner: "owner-id".to_owned(),
        run: "run-id".to_owned(),
        nonce: NONCE.to_owned(),
        prefix: "p-".to_owned(),
    };
    let mut around = Around::new(stamp, engine());
    around.network = Some(network(NETWORK_ID, "p-default", true, true));
    around
}

fn image() -> ImageDetails {
    ImageDetails {
        id: IMAGE_ID.parse().expect("an id"),
        repo_tags: texts(&["postgres:16"]),
        repo_digests: vec![format!("postgres@{DIGEST}")],
        os: "linux".to_owned(),
        architecture: "amd64".to_owned(),
        config: ImageConfig::default(),
    }
}

fn bounds() -> CreateBounds {
    CreateBounds {
        images: ImageBound::Listed(vec![
            format!("postgres:16@{DIGEST}").parse().expect("a rule"),
        ]),
        ..CreateBounds::default()
    }
}

fn spec() -> ContainerSpec {
    ContainerSpec::new("postgres:16")
}

fn asking(set: impl FnOnce(&mut ContainerSpec) -> &mut ContainerSpec) -> ContainerSpec {
    let mut spec = spec();
    set(&mut spec);
    assert_eq!(spec.invalid(), None);
    spec
}

/// What is decided of a spec, with the rest as given.
fn decide(
    spec: &ContainerSpec,
    bounds: &CreateBounds,
    access: &HostAccess,
) -> Result<Effective, Denial> {
    Effective::of(spec, &image(), bounds, access, &around())
}

/// The rule that refuses a spec under a policy that allows nothing special.
fn refused(spec: &ContainerSpec) -> String {
    let denial = decide(spec, &bounds(), &HostAccess::default()).expect_err("it is refused");
    denial.rule.to_owned()
}

/// Refused without a key, allowed with it, and the denial names that key.
fn needs(
    rule: &str,
    spec: &ContainerSpec,
    grant: impl FnOnce(&mut CreateBounds, &mut HostAccess),
) -> Effective {
    let (mut bounds, mut access) = (bounds(), HostAccess::default());
    let denial = decide(spec, &bounds, &access).expect_err("it is refused");
    assert_eq!(denial.rule, rule, "{denial}");
    let line = denial.add.as_deref().unwrap_or_default();
    assert!(line.starts_with(rule) || denial.add.is_none(), "{denial}");
    grant(&mut bounds, &mut access);
    let effective = decide(spec, &bounds, &access);
    effective.unwrap_or_else(|denial| panic!("with the key: {denial}"))
}

/// What is sent.
fn body(effective: &Effective) -> Value {
    let body = effective.body().expect("it can be sent");
    serde_json::from_slice(&body).expect("JSON")
}

fn allowed(spec: &ContainerSpec) -> Value {
    body(
        &decide(spec, &bounds(), &HostAccess::default())
            .unwrap_or_else(|denial| panic!("{denial}")),
    )
}

/// What an engine tells that has made exactly what was sent.
fn told(body: &Value, image: &ImageDetails) -> Value {
    let mut config = body.clone();
    let of_image = &image.config;
    let host = &mut config["HostConfig"];
    host["MaskedPaths"] = json!(["/proc/kcore", "/proc/keys", "/sys/firmware"]);
    host["ReadonlyPaths"] = json!(["/proc/sys", "/proc/sysrq-trigger"]);
    if host.get("Runtime").is_none() {
        host["Runtime"] = json!("runc");
    }
    if host.get("LogConfig").is_none() {
        host["LogConfig"] = json!({"Type": "json-file", "Config": {}});
    }
    let host = host.clone();
    let mut labels: Map<String, Value> = of_image
        .labels
        .iter()
        .map(|(k, v)| (k.clone(), json!(v)))
        .collect();
    labels.extend(config["Labels"].as_object().cloned().unwrap_or_default());
    config["Labels"] = Value::Object(labels);
    for (key, value) in [
        ("Cmd", &of_image.command),
        ("Entrypoint", &of_image.entrypoint),
    ] {
        if config.get(key).is_none() {
            config[key] = json!(value);
        }
    }
    let mounts = host["Mounts"].as_array().cloned().unwrap_or_default();
    let mounts = mounts.iter().map(|mount| {
        let volume = mount["Type"] == "volume";
        json!({
            "Type": mount["Type"], "Name": if volume { mount["Source"].clone() } else { Value::Null },
            "Source": mount["Source"], "Destination": mount["Target"],
            "RW": mount["ReadOnly"] != true, "Driver": if volume { "local" } else { "" },
            "Propagation": if volume { "" } else { "rprivate" },
        })
    });
    let networks = body["NetworkingConfig"]["EndpointsConfig"].clone();
    json!({
        "Id": OTHER_ID, "Name": "/p-x", "Image": image.id.as_str(), "Config": config,
        "HostConfig": host, "Mounts": mounts.collect::<Vec<_>>(), "State": {},
        "NetworkSettings": {"Networks": if networks.is_null() { json!({}) } else { networks }},
    })
}

fn details(told: &Value) -> ContainerDetails {
    ContainerDetails::new(told.to_string().into()).expect("an answer")
}

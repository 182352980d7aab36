//! `dockwit policy pin`.

use std::os::unix::fs::PermissionsExt;

use dockwit_host::policy::Policy;
use dockwit_tests::engine::Engine;
use dockwit_tests::process::{Command, Output};

async fn pin(file: &str, options: &[&str]) -> Output {
    let args = [&["policy", "pin", file], options].concat();
    Command::new(args).output().await
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_become_what_they_mean_on_the_engine_and_the_rest_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("policy.toml");
    let file = path.to_str().expect("UTF-8");
    let image = Engine::under_test().image();
    let text = format!(
        "version = 1 # the form\nplugin = 'p'\n\n[create]   # what it makes\nimages = [ \"{image}\", ] # ours\n"
    );
    std::fs::write(&path, &text).expect("it can be written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("it is ours");

    let output = pin(file, &["--check"]).await;
    let told = output.ended_with(1).stdout.clone();
    assert!(
        told.starts_with(&format!("{image} -> {image}@sha256:")),
        "{told}"
    );
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), text);

    let output = pin(file, &[]).await;
    assert_eq!(output.ended_with(0).stdout, told);
    let (_, name) = told.trim_end().split_once(" -> ").expect("two names");
    let pinned = std::fs::read_to_string(&path).expect("it is there");
    assert_eq!(pinned, text.replace(image, name));
    Policy::read(&path).expect("it is a policy now");
    let mode = std::fs::metadata(&path)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);

    let output = pin(file, &["--check"]).await;
    assert_eq!(
        output.ended_with(0).stdout,
        "every image is named by its content\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_engine_does_not_have_is_told_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("policy.toml");
    let file = path.to_str().expect("UTF-8");
    let image = Engine::under_test().image();
    for (text, says) in [
        (
            format!("version = 1\nplugin = \"p\"\ncreate.images = [\"{image}\", \"dw-no-such:1\"]"),
            "error: the engine has no image dw-no-such:1\nhint: get it by `docker pull dw-no-such:1`",
        ),
        (
            format!("version = 1\nplugin = \"p\"\nalow = []\ncreate.images = [\"{image}\"]"),
            "policy.toml:3:1: there is no key `alow`",
        ),
    ] {
        std::fs::write(&path, &text).expect("it can be written");
        pin(file, &[]).await.ended_with(1).says(says);
        assert_eq!(std::fs::read_to_string(&path).expect("it is there"), text);
    }
}

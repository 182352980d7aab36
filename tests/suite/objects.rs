//! Looking volumes and networks up.

use dockwit_tests::plugin::Test;

use crate::cases::cases;

cases! { "objects":
    volumes_that_are_not_there,
    networks_that_are_not_there,
    the_machines_network,
    ; own: volumes_by_name, networks_by_name_and_id,
}

#[tokio::test(flavor = "multi_thread")]
async fn volumes_by_name() {
    let test = Test::new("objects", "volumes_by_name");
    test.names().make_volume("volume").await;
    test.run().await.succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn networks_by_name_and_id() {
    let test = Test::new("objects", "networks_by_name_and_id");
    test.names().make_network("network", None).await;
    test.run().await.succeeded();
}

//! Lists of containers: options, filters, rows.

mod filters;
mod rows;

use std::collections::BTreeSet;

use dockwit::containers::List;
use dockwit::{Container, ContainerSpec, Docker, Result};
use dockwit_test_plugins::{cases, label, prefix};

use filters::*;
use rows::*;

cases! {
    only_what_runs, all, limit, size, row_is_complete, two_hundred, ancestor, before, expose, exited, health, id, is_task,
    label_filter, name_filter, network, publish, since, status, restarting, volume, other, filters_of_one_kind_widen,
    filters_of_different_kinds_narrow, labels_narrow, unknown_filter, impossible_filter, before_what_is_not_there,
    row_gives_its_container, open, open_of_an_unknown_id, open_of_no_id,
}

/// A list of this test's containers alone.
fn own(docker: Docker) -> List {
    docker.containers().list().label(label())
}

/// The names in a list, without what they begin with in this test.
async fn names(list: List) -> Result<BTreeSet<String>> {
    let rows = list.await?;
    let short = |name: &str| {
        name.strip_prefix(&prefix())
            .expect("a name of this test")
            .to_owned()
    };
    Ok(rows.iter().map(|row| short(row.name())).collect())
}

async fn expect<const N: usize>(list: List, expected: [&str; N]) -> Result<()> {
    let names = names(list).await?;
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    assert_eq!(names, expected);
    Ok(())
}

async fn create(docker: Docker, spec: ContainerSpec) -> Result<Container> {
    docker.containers().create(&spec).await
}

async fn start(docker: Docker, spec: ContainerSpec) -> Result<Container> {
    let container = create(docker, spec).await?;
    container.start().await?;
    Ok(container)
}

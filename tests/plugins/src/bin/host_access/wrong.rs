//! What can't be made.

use dockwit::host_access::{Bind, Device, DeviceRequest, Driver, DriverVolume, HostAccess};
use dockwit::{Docker, Result, UpdateSpec};
use dockwit_test_plugins::{impossible, spec};

type Give = Box<dyn FnOnce(HostAccess) -> HostAccess>;

fn give(give: impl FnOnce(HostAccess) -> HostAccess + 'static) -> Give {
    Box::new(give)
}

/// What can't be is found by the host, before the engine is asked.
pub(crate) async fn impossible_values(docker: Docker) -> Result<()> {
    for (field, give) in [
        ("add-capability", give(|of| of.capability(""))),
        ("add-security-option", give(|of| of.security_option(""))),
        ("set-masked-paths", give(|of| of.masked_paths(["\0"]))),
        ("set-readonly-paths", give(|of| of.readonly_paths(["\0"]))),
        ("add-sysctl", give(|of| of.sysctl("", "1"))),
        ("set-runtime", give(|of| of.runtime(""))),
        ("add-annotation", give(|of| of.annotation("", "1"))),
        ("set-cgroup-parent", give(|of| of.cgroup_parent(""))),
        ("add-bind", give(|of| of.bind(("relative", "/there")))),
        (
            "add-bind",
            give(|of| of.bind(Bind::new("/there", "relative"))),
        ),
        (
            "add-volume",
            give(|of| of.volume(DriverVolume::new("data", "local"))),
        ),
        (
            "add-volume",
            give(|of| of.volume(DriverVolume::new("/data", ""))),
        ),
        ("set-volume-driver", give(|of| of.volume_driver(""))),
        ("add-storage-option", give(|of| of.storage_option("", "1"))),
        ("add-device", give(|of| of.device(Device::new("null")))),
        ("add-device", give(|of| of.device("/dev/null:x"))),
        (
            "add-device-cgroup-rule",
            give(|of| of.device_cgroup_rule("")),
        ),
        (
            "add-device-request",
            give(|of| of.device_request(DeviceRequest::all().driver("\n"))),
        ),
        ("add-device-env", give(|of| of.device_env("PATH", "/bin"))),
        ("set-log-driver", give(|of| of.log_driver(Driver::new("")))),
        ("add-ulimit", give(|of| of.ulimit("memlock", 2, 1))),
        ("set-cpu-shares", give(|of| of.cpu_shares(u64::MAX))),
        ("set-cpuset-cpus", give(|of| of.cpuset_cpus("0\n1"))),
        ("set-cpuset-mems", give(|of| of.cpuset_mems("0\n1"))),
        (
            "add-blkio-read-iops",
            give(|of| of.blkio_read_iops("null", 1)),
        ),
        ("set-mac-address", give(|of| of.mac_address("02:42"))),
    ] {
        let made = spec("no").host_access(give);
        impossible(
            "containers.create",
            field,
            docker.containers().create(&made).await,
        );
    }
    let container = docker.containers().create(&spec("it")).await?;
    let change = UpdateSpec::new().host_access(|of| of.cpuset_cpus("0\n1"));
    impossible(
        "container.update",
        "set-cpuset-cpus",
        container.update(&change).await,
    );
    Ok(())
}

/// What can't be read as a value is found by the guest, and told in the same way.
pub(crate) async fn unreadable_values(docker: Docker) -> Result<()> {
    for (field, give) in [
        ("add-bind", give(|of| of.bind("/srv"))),
        ("add-bind", give(|of| of.bind("/srv:/data:z"))),
        ("add-device", give(|of| of.device("/dev/a:/dev/b:r:w"))),
        (
            "add-blkio-read-bps",
            give(|of| of.blkio_read_bps("/dev/a", "12q")),
        ),
        (
            "add-blkio-write-bps",
            give(|of| of.blkio_write_bps("/dev/a", -1)),
        ),
    ] {
        let outcome = docker
            .containers()
            .create(&spec("no").host_access(give))
            .await;
        assert!(
            outcome.as_ref().is_err_and(|error| error.got().is_some()),
            "{field}"
        );
        impossible("containers.create", field, outcome);
    }
    Ok(())
}

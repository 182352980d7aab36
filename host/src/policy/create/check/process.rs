//! What runs: image, command, user, labels, health checks, output.

use super::{Checked, Rules, switched};
use crate::api::containers::Driver;
use crate::policy::Denial;
use crate::policy::create::bounds::{
    CommandBound, HealthBound, ImageBound, LogBound, MIN_HEALTH_INTERVAL, MIN_HEALTH_TIMEOUT,
};
use crate::policy::create::of_details::is_bounded;
use crate::policy::create::shape::{Health, Image, Shape};
use crate::policy::create::{CreateBounds, HostAccess, bounded_log};

pub(super) fn check(shape: &Shape, rules: &Rules<'_>) -> Checked {
    let bounds = rules.bounds;
    image(&shape.image, bounds)?;
    if let (CommandBound::Image, Some(own)) = (bounds.command, shape.own_command) {
        let (now, needed) = ("\"image\"", "\"any\"");
        return Err(Denial::switch(
            "create.command",
            own,
            "its own",
            now,
            needed,
        ));
    }
    user(shape, bounds)?;
    for (key, _) in &shape.labels {
        label(key, bounds)?;
    }
    for name in &shape.device_env {
        super::listed("host-access.env", "env", name, &rules.access.env)?;
    }
    if let Some(check) = &shape.health {
        health(check, bounds.healthcheck)?;
    }
    stop_timeout(shape.stop_timeout, bounds)?;
    log(shape, rules)
}

fn image(image: &Image, bounds: &CreateBounds) -> Checked {
    let ImageBound::Listed(rules) = &bounds.images else {
        return Ok(());
    };
    let matches = |digest: &str| {
        image.id == digest
            || image
                .digests
                .iter()
                .any(|name| name.ends_with(&format!("@{digest}")))
    };
    if rules.iter().any(|rule| matches(rule.digest().as_str())) {
        return Ok(());
    }
    let denial = Denial::not_in("create.images", "image", &image.reference, rules);
    let pinned = image.digests.first().unwrap_or(&image.id);
    let line = format!("create.images += {}", crate::policy::quoted(pinned));
    Err(denial.adding((pinned.len() <= crate::policy::MAX_GOT).then_some(line)))
}

fn user(shape: &Shape, bounds: &CreateBounds) -> Checked {
    if !bounds.non_root {
        return Ok(());
    }
    let (user, group) = match shape.user.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (shape.user.as_str(), None),
    };
    let groups = group
        .into_iter()
        .chain(shape.groups.iter().map(String::as_str));
    let numbers = std::iter::once(("user", user)).chain(groups.map(|group| ("group", group)));
    for (field, number) in numbers {
        if !is_nobody_special(number) {
            let denial = Denial::switch("create.non-root", field, number, "true", "false");
            return Err(denial);
        }
    }
    Ok(())
}

/// Whether a user or group is given by a number that the kernel doesn't take for root's: a name means
/// whatever the image says.
pub(in crate::policy::create) fn is_nobody_special(number: &str) -> bool {
    let digits = !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit());
    digits && number.parse::<i32>().is_ok_and(|number| number != 0)
}

/// Whether a label may be set.
pub(in crate::policy::create) fn label(key: &str, bounds: &CreateBounds) -> Checked {
    match bounds.labels.iter().any(|rule| rule.is_match(key)) {
        true => Ok(()),
        false => Err(Denial::not_in(
            "create.labels",
            "label",
            key,
            &bounds.labels,
        )),
    }
}

fn health(check: &Health, bound: HealthBound) -> Checked {
    let now = match bound {
        HealthBound::None => "\"none\"",
        HealthBound::Image if check.own => "\"image\"",
        HealthBound::Image | HealthBound::Any => {
            at_least("interval", check.interval, MIN_HEALTH_INTERVAL)?;
            at_least("start-interval", check.start_interval, MIN_HEALTH_INTERVAL)?;
            return at_least("timeout", check.timeout, MIN_HEALTH_TIMEOUT);
        }
    };
    let got = if check.own { "its own" } else { "the image's" };
    let needed = if check.own { "\"any\"" } else { "\"image\"" };
    Err(Denial::switch(
        "create.healthcheck",
        "healthcheck",
        got,
        now,
        needed,
    ))
}

fn at_least(field: &'static str, time: Option<u64>, least: u64) -> Checked {
    match time {
        Some(time) if time < least => {
            let least = format!("{} s", least / 1_000_000_000);
            let got = format!("{time} ns");
            Err(Denial::below("create.healthcheck", field, got, least))
        }
        _ => Ok(()),
    }
}

fn stop_timeout(seconds: i64, bounds: &CreateBounds) -> Checked {
    let limit = bounds.stop_timeout;
    // Below 0 is never.
    match u64::try_from(seconds) {
        Ok(seconds) if seconds <= u64::from(limit) => Ok(()),
        Ok(needed) => {
            let needed = Some(needed.to_string());
            Err(Denial::above(
                "create.stop-timeout",
                "stop-timeout",
                seconds,
                limit,
                needed,
            ))
        }
        Err(_) => Err(Denial::above(
            "create.stop-timeout",
            "stop-timeout",
            seconds,
            limit,
            None,
        )),
    }
}

fn log(shape: &Shape, rules: &Rules<'_>) -> Checked {
    let engine = &rules.around.engine;
    let by_engine = rules.bounds.log == LogBound::Engine;
    let Some(log) = &shape.log else {
        return match by_engine {
            true => Ok(()),
            false => switched("create.log", "log", Some("engine"), false),
        };
    };
    let access = &rules.access.log_drivers;
    let allowed = is_bounded(log, &bounded_log(), engine)
        || (by_engine && [engine.log_driver.as_str(), ""].contains(&log.name.as_str()))
        || access.iter().any(|of| of.allows(&log.name, &log.options));
    match allowed {
        true => Ok(()),
        false => Err(log_denial(log, rules.access)),
    }
}

/// A log driver, or one of its options, that isn't allowed.
pub(in crate::policy::create) fn log_denial(log: &Driver, access: &HostAccess) -> Denial {
    const RULE: &str = "host-access.log-drivers";
    let names = access.log_drivers.iter().map(|of| &of.name);
    let denial = Denial::not_in(RULE, "log", &log.name, names);
    denial.adding(Some(driver_line(RULE, &log.name)))
}

/// The line that allows a driver. Its options are the operator's to write: they can be secrets.
pub(super) fn driver_line(rule: &str, name: &str) -> String {
    format!(
        "{rule} += {{ name = {}, options = {{}} }}",
        crate::policy::quoted(name)
    )
}

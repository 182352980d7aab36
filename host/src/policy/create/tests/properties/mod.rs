//! What holds whatever is asked for, on the JSON that is sent.

mod asks;
mod policies;
mod within;

use proptest::prelude::*;

use self::asks::specs;
use self::policies::pairs;
use self::within::within;
use super::*;

fn surroundings() -> Around<'static> {
    let mut around = around();
    around
        .networks
        .push(network(OTHER_ID, "open", false, false));
    around
}

fn of(spec: &ContainerSpec, policy: &(CreateBounds, HostAccess)) -> Result<Effective, Denial> {
    let mut image = image();
    image.config.user = "999".to_owned();
    Effective::of(spec, &image, &policy.0, &policy.1, &surroundings())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_sent_never_exceeds_a_bound(spec in specs(), pair in pairs()) {
        if let Ok(effective) = of(&spec, &pair.narrow) {
            within(&body(&effective), &pair.narrow);
        }
    }

    #[test]
    fn what_a_narrower_policy_allows_a_wider_one_allows(spec in specs(), pair in pairs()) {
        if of(&spec, &pair.narrow).is_ok() {
            let wide = of(&spec, &pair.wide);
            prop_assert!(wide.is_ok(), "{}", wide.expect_err("it is refused"));
        }
    }

    /// Whichever of two policies is the newer: what is left when one narrows the other allows nothing that one of them doesn't.
    #[test]
    fn what_is_left_of_a_policy_allows_no_more_than_both(spec in specs(), one in pairs(), other in pairs()) {
        let policy = |(bounds, access): &(CreateBounds, HostAccess)| {
            let policy = crate::policy::Policy::new("p".parse().expect("a name"));
            policy.with_create(bounds.clone()).with_host_access(access.clone())
        };
        let (one, other) = (one.wide, other.wide);
        let (left, _) = policy(&one).narrowed_by(&policy(&other));
        if of(&spec, &(left.create().clone(), left.host_access().clone())).is_ok() {
            for both in [&one, &other] {
                let allowed = of(&spec, both);
                prop_assert!(allowed.is_ok(), "{}", allowed.expect_err("it is refused"));
            }
        }
    }

    #[test]
    fn what_is_made_as_it_was_sent_may_be_started(spec in specs(), pair in pairs()) {
        if let Ok(effective) = of(&spec, &pair.narrow) {
            let mut image = image();
            image.config.user = "999".to_owned();
            let mut told = told(&body(&effective), &image);
            if told["Config"].get("User").is_none() {
                told["Config"]["User"] = json!("999");
            }
            let details = details(&told);
            prop_assert_eq!(effective.compare(&details).expect("read"), []);
            let mut around = surroundings();
            around.volumes.extend(effective.volumes().iter().flat_map(NewVolume::volume_name));
            let existing = Existing { details: &details, image: Some(&image) };
            let checked = check_existing(existing, &pair.narrow.0, &pair.narrow.1, &around);
            prop_assert!(checked.is_ok(), "{}", checked.expect_err("it is refused"));
        }
    }

    #[test]
    fn a_denial_can_be_read(name in any::<String>(), key in any::<String>()) {
        let mut spec = spec();
        spec.set_name(name).add_label(key, "1");
        if spec.invalid().is_none()
            && let Err(denial) = decide(&spec, &bounds(), &HostAccess::default())
        {
            prop_assert!(denial.got.len() <= crate::policy::MAX_GOT);
            prop_assert!(!denial.to_string().contains(char::is_control));
        }
    }
}

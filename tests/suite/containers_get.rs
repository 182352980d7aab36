//! Looking containers up.

use crate::cases::cases;

cases! { "containers_get":
    by_name,
    by_id,
    by_the_first_digits,
    of_what_is_not_there,
    of_what_is_no_name,
    of_another_path,
    clones_are_the_same,
    stays_with_its_container: |it| assert_eq!(it["Config"]["Labels"]["which"], "second"),
    gone,
}

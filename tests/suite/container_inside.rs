//! What goes on in a container.

use crate::cases::cases;

cases! { "container_inside":
    top: |it| assert_eq!(it["Config"]["User"], "65534"),
    top_as_it_changes,
    top_of_one_that_does_not_run: |it| assert_eq!(it["State"]["Running"], false),
    changes: |it| assert_eq!(it["State"]["ExitCode"], 0),
    changes_of_nothing,
    changes_as_they_come: |it| assert_eq!(it["State"]["Paused"], true),
    resize: |it| assert_eq!(it["Config"]["Tty"], true),
    resize_again: |it| assert_eq!(it["State"]["Running"], true),
    resize_without_a_terminal: |it| assert_eq!(it["State"]["Running"], true),
    resize_one_that_does_not_run,
}

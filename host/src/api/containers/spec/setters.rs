//! Setters, a line each.

/// Makes setters: how a value gets to its place, the setter, the value's check, the place, and the
/// setter's name in the interface.
macro_rules! setters {
    ($spec:ty: $(
        $(#[$doc:meta])*
        $how:ident $setter:ident($($value:ident: $kind:ty),*) = $checked:expr => $($slot:ident).+, $field:literal;
    )*) => {
        impl $spec {
            $(
                $(#[$doc])*
                pub fn $setter(&mut self, $($value: $kind),*) -> &mut Self {
                    self.guard.$how($field, $checked, &mut self.$($slot).+);
                    self
                }
            )*
        }
    };
}

pub(super) use setters;

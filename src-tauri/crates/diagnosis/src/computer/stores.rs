//! What is known of the places where clients store registrations and tokens.

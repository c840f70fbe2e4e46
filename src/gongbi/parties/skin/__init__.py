"""The sign-in library's pages in the house style: templates only, in an app that stands before the library's own."""

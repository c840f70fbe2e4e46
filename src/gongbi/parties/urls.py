"""Signing in and the account's own pages. Only the library's doors that this house needs: no sign-up, no e-mail."""

from __future__ import annotations

from allauth.account import views as account
from django.urls import URLPattern, URLResolver, include, path

from gongbi.parties import pages
from gongbi.parties.signin import setting

urlpatterns: list[URLPattern | URLResolver] = [
    path("login", account.login, name="account_login"),
    path("logout", account.logout, name="account_logout"),
    path("account/inactive", account.account_inactive, name="account_inactive"),
    path("account/reauthenticate", account.reauthenticate, name="account_reauthenticate"),
    path("account/password", account.password_change, name="account_change_password"),
    path("account/second-factor/", include("allauth.mfa.urls")),
    path("account/posts", pages.posts, name="account_posts"),
    path("account/post", pages.switch, name="account_post"),
]
if setting("SOCIALACCOUNT_PROVIDERS"):
    urlpatterns += [
        path("account/openid/", include("allauth.socialaccount.urls")),
        path("account/", include("allauth.socialaccount.providers.openid_connect.urls")),
    ]

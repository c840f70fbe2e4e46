"""Where the sign-in library asks us: lockout, landing, passwords, who may come in through another identity server."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format

from gongbi.parties import actions, queries
from gongbi.parties.middleware import act_as, viewer_for
from gongbi.parties.models import Account
from gongbi.parties.signin import setting
from gongbi.parties.words import refuse


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Our accounts are given, never signed up for; they have no e-mail; failures lock for a while."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        login = str(credentials.get("username", ""))
        address = self.get_client_ip(request) or ""
        now = timezone.now()
        until = queries.locked_until(login, address, now)
        if until is not None:
            moment = date_format(timezone.localtime(until), "H:i")
            raise ValidationError(refuse("parties.locked", time=moment).message, code="parties.locked")
        account = super().authenticate(request, **credentials)
        actions.record_sign_in(
            login=login,
            address=address,
            success=account is not None,
            at=now,
            account_id=account.pk if account is not None else None,
        )
        return account

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Nothing: the library would count in the memory of one process; ``authenticate`` counts in the database."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        act_as(request, None)
        viewer = viewer_for(request, request.user, timezone.now())
        landing = setting("GONGBI_LANDING")
        return str(landing.get(viewer.role, landing[None]))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return self.get_login_redirect_url(request)

    def set_password(self, user: Account, password: str) -> None:
        saved = actions.set_password(user.pk, password, at=timezone.now(), viewer=queries.no_post(user))
        # The caller goes on with its own object: the session is renewed for the password that is now stored.
        user.password = saved.password
        user.must_change_password, user.password_set_at = saved.must_change_password, saved.password_set_at


def _cipher() -> MultiFernet:
    """Keys derived from the house's secret, newest first."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    keys = (
        hashlib.sha256(b"gongbi.parties.second-factor:" + str(secret).encode()).digest() for secret in secrets
    )
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The secrets of authenticator apps lie encrypted in the database."""

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def build_totp_svg(self, url: str) -> str:
        """On white paper: a dark page would swallow the code."""
        drawn = str(super().build_totp_svg(url))
        return re.sub(r"(<svg[^>]*>)", r'\1<rect width="100%" height="100%" fill="#fff"/>', drawn, count=1)

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


class OpenIdAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Another identity server proves who somebody is; which account and posts that is, this house decides."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        if sociallogin.is_existing:
            return
        claims = sociallogin.account.extra_data
        claims = {**claims.get("id_token", {}), **claims.get("userinfo", {}), **claims}
        login = str(claims.get(setting("GONGBI_OIDC_CLAIM"), ""))
        account = Account.objects.filter(username=login, is_active=True).first() if login else None
        if account is None:
            page = render(request, "parties/unknown_login.html", {"login": login}, status=403)
            raise ImmediateHttpResponse(page)
        sociallogin.connect(request, account)

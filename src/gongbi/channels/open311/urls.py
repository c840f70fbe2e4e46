"""Addresses of GeoReport v2, below ``/open311/``; ``test`` checks everything and keeps nothing."""

from __future__ import annotations

from django.urls import URLPattern, path, register_converter

from gongbi.channels.open311 import pages


class Form:
    """The ending of an address, which says in what form the answer comes."""

    regex = "xml|json"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Form, "open311form")
app_name = "open311"


def _addresses(before: str, test: bool) -> list[URLPattern]:
    names = "test_" if test else ""
    given = {"test": test}
    return [
        path(f"{before}discovery.<open311form:form>", pages.discovery, given, name=f"{names}discovery"),
        path(f"{before}services.<open311form:form>", pages.services, given, name=f"{names}services"),
        path(f"{before}services/<str:code>.<open311form:form>", pages.service, given, name=f"{names}service"),
        path(f"{before}requests.<open311form:form>", pages.requests, given, name=f"{names}requests"),
        path(f"{before}requests/<str:number>.<open311form:form>", pages.one, given, name=f"{names}request"),
        path(f"{before}tokens/<str:given>.<open311form:form>", pages.token, given, name=f"{names}token"),
        path(
            f"{before}servicerequestupdates.<open311form:form>", pages.updates, given, name=f"{names}updates"
        ),
    ]


urlpatterns = [
    *_addresses("v2/", False),
    *_addresses("test/v2/", True),
    path("<path:rest>.<open311form:form>", pages.nowhere, name="nowhere"),
]

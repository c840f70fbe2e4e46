"""The request as every view gets it: with the viewer that the middleware found."""

from django.http import HttpRequest

from gongbi.kernel.scope.viewer import Viewer


class ViewerRequest(HttpRequest):
    """For annotations only."""

    viewer: Viewer

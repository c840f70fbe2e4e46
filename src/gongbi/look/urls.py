"""Addresses of the look itself: include them as ``path("look/", include("gongbi.look.urls"))``."""

from django.urls import path

from gongbi.kernel import scope
from gongbi.look import gallery, pages

scope.module(
    "gongbi.look", roles=scope.ANYONE, why="keeps the reader's own wishes; shows nothing of any matter"
)

app_name = "look"
urlpatterns = [
    path("wish", pages.wish, name="wish"),
    path("gallery", gallery.show, name="gallery"),
    path("gallery/drawings", gallery.drawings, name="gallery_drawings"),
    path("gallery/public", gallery.public, name="gallery_public"),
    path("gallery/print", gallery.paper, name="gallery_print"),
    path("gallery/queue", gallery.queue, name="gallery_queue"),
    path("gallery/queue/<int:number>", gallery.queue_item, name="gallery_queue_item"),
    path("gallery/outlines.json", gallery.outlines, name="gallery_outlines"),
    path("gallery/points.json", gallery.points, name="gallery_points"),
    path("gallery/locate.json", gallery.locate, name="gallery_locate"),
    path("gallery/similar", gallery.similar, name="gallery_similar"),
    path("gallery/error/<int:status>", gallery.error, name="gallery_error"),
]

"""Every workload twice: /sync/NAME/ and /async/NAME/, both under either interface."""

from django.urls import path

from workloads import ready, views_async, views_sync

urlpatterns = [
    path("ready/", ready.ready),
    path("sync/plain/", views_sync.plain),
    path("sync/wait/", views_sync.wait),
    path("sync/call/", views_sync.call),
    path("sync/compute/", views_sync.compute),
    path("sync/blend/", views_sync.blend),
    path("sync/fanout/", views_sync.fanout),
    path("sync/upload/", views_sync.upload),
    path("sync/download/", views_sync.download),
    path("sync/poll/", views_sync.poll),
    path("sync/events/", views_sync.events),
    path("sync/row/", views_sync.row),
    path("sync/list/", views_sync.list_books),
    path("sync/write/", views_sync.write),
    path("sync/slow/", views_sync.slow),
    path("sync/notify/", views_sync.notify),
    path("sync/login/", views_sync.log_in),
    path("sync/account/", views_sync.account),
    path("async/plain/", views_async.plain),
    path("async/wait/", views_async.wait),
    path("async/call/", views_async.call),
    path("async/compute/", views_async.compute),
    path("async/blend/", views_async.blend),
    path("async/fanout/", views_async.fanout),
    path("async/upload/", views_async.upload),
    path("async/download/", views_async.download),
    path("async/poll/", views_async.poll),
    path("async/events/", views_async.events),
    path("async/row/", views_async.row),
    path("async/list/", views_async.list_books),
    path("async/write/", views_async.write),
    path("async/slow/", views_async.slow),
    path("async/notify/", views_async.notify),
    path("async/login/", views_async.log_in),
    path("async/account/", views_async.account),
]

handler400 = "workloads.errors.bad_request"
handler404 = "workloads.errors.not_found"
handler500 = "workloads.errors.server_error"

"""What Django's own MigrationLoader makes of an installed package, as JSON: `python loader_truth.py PACKAGE`.

Run with a Python that has Django and the package; it needs neither miglint nor a database.
"""

from __future__ import annotations

import importlib.util
import json
import sys

import django
from django.conf import settings

CONTRIB = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
    "django.contrib.sites",
    "django.contrib.flatpages",
    "django.contrib.redirects",
]

# Every app with migrations that the package ships for use, and what those apps need.
INSTALLED = {
    "wagtail": [
        "wagtail",
        "wagtail.admin",
        "wagtail.contrib.forms",
        "wagtail.contrib.redirects",
        "wagtail.contrib.search_promotions",
        "wagtail.contrib.settings",
        "wagtail.contrib.simple_translation",
        "wagtail.documents",
        "wagtail.embeds",
        "wagtail.images",
        "wagtail.search",
        "wagtail.sites",
        "wagtail.snippets",
        "wagtail.users",
        "home",
        "modelcluster",
        "modelsearch",
        "taggit",
    ],
    "django-cms": ["cms", "menus", "treebeard", "sekizai"],
    "django-oscar": [
        "oscar.config.Shop",
        "oscar.apps.address.apps.AddressConfig",
        "oscar.apps.analytics.apps.AnalyticsConfig",
        "oscar.apps.basket.apps.BasketConfig",
        "oscar.apps.catalogue.apps.CatalogueConfig",
        "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig",
        "oscar.apps.checkout.apps.CheckoutConfig",
        "oscar.apps.communication.apps.CommunicationConfig",
        "oscar.apps.customer.apps.CustomerConfig",
        "oscar.apps.offer.apps.OfferConfig",
        "oscar.apps.order.apps.OrderConfig",
        "oscar.apps.partner.apps.PartnerConfig",
        "oscar.apps.payment.apps.PaymentConfig",
        "oscar.apps.search.apps.SearchConfig",
        "oscar.apps.shipping.apps.ShippingConfig",
        "oscar.apps.voucher.apps.VoucherConfig",
        "oscar.apps.wishlists.apps.WishlistsConfig",
        "oscar.apps.dashboard.apps.DashboardConfig",
        "oscar.apps.dashboard.catalogue.apps.CatalogueDashboardConfig",
        "oscar.apps.dashboard.communications.apps.CommunicationsDashboardConfig",
        "oscar.apps.dashboard.offers.apps.OffersDashboardConfig",
        "oscar.apps.dashboard.orders.apps.OrdersDashboardConfig",
        "oscar.apps.dashboard.pages.apps.PagesDashboardConfig",
        "oscar.apps.dashboard.partners.apps.PartnersDashboardConfig",
        "oscar.apps.dashboard.ranges.apps.RangesDashboardConfig",
        "oscar.apps.dashboard.reports.apps.ReportsDashboardConfig",
        "oscar.apps.dashboard.reviews.apps.ReviewsDashboardConfig",
        "oscar.apps.dashboard.shipping.apps.ShippingDashboardConfig",
        "oscar.apps.dashboard.users.apps.UsersDashboardConfig",
        "oscar.apps.dashboard.vouchers.apps.VouchersDashboardConfig",
        "haystack",
        "treebeard",
        "widget_tweaks",
        "django_tables2",
    ],
    "django-allauth": [
        "allauth",
        "allauth.account",
        "allauth.idp.oidc",
        "allauth.mfa",
        "allauth.socialaccount",
        "allauth.socialaccount.providers.openid",
        "allauth.usersessions",
    ],
    "django-oauth-toolkit": ["oauth2_provider"],
}

TOP = {
    "wagtail": ("wagtail", "home"),
    "django-cms": ("cms", "menus"),
    "django-oscar": ("oscar",),
    "django-allauth": ("allauth",),
    "django-oauth-toolkit": ("oauth2_provider",),
}


def main(package: str) -> None:
    configure(package)
    from django.apps import apps
    from django.db.migrations.loader import MigrationLoader

    labels = {config.label for config in apps.get_app_configs() if config.name.split(".")[0] in TOP[package]}
    loader = MigrationLoader(None, ignore_no_migrations=True)
    graph = loader.graph
    own = sorted(key for key in graph.nodes if key[0] in labels)
    answer = {
        "labels": sorted({label for label, _ in loader.disk_migrations if label in labels}),
        "nodes": [".".join(key) for key in own],
        "edges": sorted([".".join(key), ".".join(parent.key)] for key in own for parent in graph.node_map[key].parents),
        "leaves": sorted(".".join(key) for key in graph.leaf_nodes() if key[0] in labels),
        "roots": sorted(".".join(key) for key in graph.root_nodes() if key[0] in labels),
        "operations": {
            ".".join(key): count(migration.operations)
            for key, migration in sorted(loader.disk_migrations.items())
            if key[0] in labels
        },
    }
    print(json.dumps(answer))


def configure(package: str) -> None:
    more = {}
    if package == "wagtail":
        # Every new site gets a copy of its app, which says that it runs before some of wagtail's own migrations.
        [folder] = importlib.util.find_spec("wagtail").submodule_search_locations
        sys.path.append(f"{folder}/project_template")
    if package == "django-oscar":
        from oscar import defaults

        more = {name: getattr(defaults, name) for name in dir(defaults) if name.isupper()}
        more["HAYSTACK_CONNECTIONS"] = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
    settings.configure(
        SECRET_KEY="corpus",
        INSTALLED_APPS=[*CONTRIB, *INSTALLED[package]],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        SITE_ID=1,
        ROOT_URLCONF="django.contrib.auth.urls",
        MIDDLEWARE=["allauth.account.middleware.AccountMiddleware"] if package == "django-allauth" else [],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "sekizai.context_processors.sekizai",
                        "cms.context_processors.cms_settings",
                    ]
                },
            }
        ],
        STATIC_URL="/static/",
        WAGTAILADMIN_BASE_URL="http://localhost",
        CMS_CONFIRM_VERSION4=True,
        **more,
    )
    django.setup()


def count(operations: list) -> int:
    """Operations, those inside others too."""
    inside = ("database_operations", "state_operations")
    return sum(1 + sum(count(getattr(operation, name, None) or []) for name in inside) for operation in operations)


if __name__ == "__main__":
    main(sys.argv[1])

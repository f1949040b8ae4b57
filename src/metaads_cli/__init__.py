"""metaads: from the ad to the revenue, in the business's own PostgreSQL."""

__version__ = "0.1.0"

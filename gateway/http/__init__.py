"""The same contract over HTTP: JSON, live streams, an OpenAPI document and pages, from the descriptors alone."""

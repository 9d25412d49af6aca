"""MQTT devices: one session per broker, one parser per firmware family."""

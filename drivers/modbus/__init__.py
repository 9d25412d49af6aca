"""Modbus TCP (Modbus Application Protocol V1.1b3; Modbus Messaging on TCP/IP V1.0b)."""

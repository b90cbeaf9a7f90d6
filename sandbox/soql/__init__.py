"""Salesforce's query language: lexer, parser and evaluator over columnar rows."""

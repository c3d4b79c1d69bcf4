"""What a query needs: of its tables, fields, rows and operations."""

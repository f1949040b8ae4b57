"""What flows between the layers: frozen values, no behaviour that reaches outside."""

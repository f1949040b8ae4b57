"""Statistics of one tenant as groups of people, of spend and of revenue, composed with SQLAlchemy Core.

The three are never joined with each other, so that nothing is multiplied: who calls puts them together. Each row is
(the scope's fields, currency, figures).
"""

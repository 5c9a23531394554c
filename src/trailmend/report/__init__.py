"""What people and programs read: findings, plans and runbooks in each output form."""

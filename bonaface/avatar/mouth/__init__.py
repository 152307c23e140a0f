"""The mouth: lips from phones or from sound."""

"""The semantic stage: does what a candidate names exist?"""
